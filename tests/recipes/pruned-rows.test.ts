/** Pruning by EL2N in a phase: what the starting policy knows already is left out, and what it does not know is trained on. */
import { describe, expect, it } from 'vitest';
import type { TrainingRow } from '@preheat/recipes';
import { type AnyContext, runPhase, runtimeOf, withPhase } from './recipe-bench.js';

const ROWS = 32;
const KNOWN = ROWS / 2;
const sft = runtimeOf('sft');

/** A model that has learned the first half of the rows by heart. */
const learned = (own: object, work: (ctx: AnyContext) => Promise<void>) =>
  withPhase(
    { recipe: 'sft', config: { batch_size: 16, n_epochs: 50, learning_rate: 0.01 }, seed: 5, rows: ROWS },
    async (ctx) => {
      const { snapshots } = await runPhase(sft, { ...ctx, trainingRows: ctx.trainingRows.slice(0, KNOWN) });
      const initialWeights = snapshots.at(-1)?.weights ?? new Map();
      await work({ ...ctx, initialWeights, config: { ...ctx.config, n_epochs: 1, batch_size: 8, ...own } });
    },
  );

describe('sft with prune_fraction', () => {
  it('trains on the rows that the model does not know, and says how many there are', async () => {
    await learned({ prune_fraction: 0.5 }, async (ctx) => {
      const words = (rows: readonly (typeof ctx.trainingRows)[number][]) =>
        new Set(rows.map((row) => (row as TrainingRow)['answer']));
      const { steps, snapshots } = await runPhase(sft, ctx);
      const chosen = snapshots[0]?.plain['chosen'] as number[];
      expect(chosen).toHaveLength(KNOWN);
      const known = words(ctx.trainingRows.slice(0, KNOWN));
      const again = chosen.filter((row) => known.has((ctx.trainingRows[row] as TrainingRow)['answer']));
      // Words drawn twice are in both halves, and others fill their places; a word may be guessed by what was learned of its letters.
      const unknown = ctx.trainingRows.filter((row) => !known.has((row as TrainingRow)['answer'])).length;
      expect(again.length).toBeLessThanOrEqual(KNOWN - unknown + 2);
      expect(steps.map(({ metrics }) => metrics['kept_rows'])).toEqual([KNOWN, KNOWN]);
    });
  });

  it('trains on every row without it', async () => {
    await learned({}, async (ctx) => {
      const { steps, snapshots } = await runPhase(sft, ctx);
      expect(snapshots[0]?.plain).not.toHaveProperty('chosen');
      expect(steps).toHaveLength(4);
      expect(steps[0]?.metrics).not.toHaveProperty('kept_rows');
    });
  });
});
