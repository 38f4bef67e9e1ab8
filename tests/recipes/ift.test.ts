/** What only intuitive fine-tuning promises: without its two parts it is supervised fine-tuning, and each of them acts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { curve, type PhaseRun, runPhase, runtimeOf, withPhase } from './recipe-bench.js';

const shared = { n_epochs: 2, batch_size: 8, max_steps: 2, learning_rate: 0.005, eval_interval: 2 };
const run = (recipe: string, own: object = {}) =>
  withPhase({ recipe, config: { ...shared, ...own }, seed: 5, rows: 16 }, (ctx) =>
    runPhase(runtimeOf(recipe), ctx, undefined, false),
  );

let sft: PhaseRun;
beforeAll(async () => {
  sft = await run('sft');
});

describe('ift', () => {
  it('with λ = γ = 0 is sft on the same rows in the same order, bit for bit', async () => {
    const ift = await run('ift', { residual: 0, propagation: 0 });
    expect(ift.steps.map(({ metrics }) => metrics)).toEqual(sft.steps.map(({ metrics }) => metrics));
    const [own, plain] = [ift.snapshots.at(-1), sft.snapshots.at(-1)];
    expect(own?.weights).toEqual(plain?.weights);
    expect(own?.optimizer).toEqual(plain?.optimizer);
  });

  it.each([
    ['the residual connection', { propagation: 0 }],
    ['propagation', { residual: 0 }],
    ['differentiated propagation', { residual: 0, propagate_gradient: true }],
    ['swapped tokens', { propagation: 0, residual: 0.9, residual_mode: 'swap' }],
  ])('learns something else by %s alone', async (_, own) => {
    const ift = await run('ift', own);
    expect(ift.snapshots.at(-1)?.weights).not.toEqual(sft.snapshots.at(-1)?.weights);
    // What is validated is read as it is, so both losses are of one kind and not far apart after two steps.
    const [read, plain] = [curve(ift, 'full_valid_loss')[0], curve(sft, 'full_valid_loss')[0]];
    expect(Math.abs((read ?? Number.NaN) - (plain ?? Number.NaN))).toBeLessThan(0.5);
  });

  it('reports the same loss whether or not its weights are differentiated, before any update', async () => {
    const first = async (propagate_gradient: boolean) =>
      curve(await run('ift', { propagate_gradient }), 'train_loss')[0] ?? Number.NaN;
    expect(await first(true)).toBeCloseTo(await first(false), 4);
  });
});
