/** Two epochs to their ends, the last batch of each smaller: from whichever step boundary they go on, every bit is the same. */
import { expect, it } from 'vitest';
import { runPhase, runtimeOf, withPhase } from './recipe-bench.js';

const [ROWS, BATCH, EPOCHS, STEPS_AN_EPOCH] = [6, 4, 2, 2];
/** Every boundary opens a trainer anew, which takes most of the time. */
const TIMEOUT_MS = 180_000;
const sampled = { max_completion_tokens: 6, learning_rate: 0.003, kl_beta: 0.01 };

it.each<[string, object]>([
  ['sft', {}],
  ['dpo', { beta: 0.5 }],
  ['cooldown-sampling', { domain_key: 'answer' }],
  ['grpo', { ...sampled, group_size: 4 }],
  ['ppo', { ...sampled, samples_per_prompt: 2 }],
])(
  '%s resumed at every step boundary of whole epochs is the straight run',
  async (name, keys) => {
    const config = { ...keys, batch_size: BATCH, n_epochs: EPOCHS, eval_interval: STEPS_AN_EPOCH };
    const phase = { recipe: name, config, seed: 7, rows: ROWS };
    const recipe = runtimeOf(name);
    const straight = await withPhase(phase, (ctx) => runPhase(recipe, ctx));
    expect(straight.steps).toHaveLength(EPOCHS * STEPS_AN_EPOCH);
    expect(straight.steps.filter(({ metrics }) => metrics['update_skipped'] !== 1).length).toBeGreaterThan(0);
    for (const [boundary, snapshot] of straight.snapshots.slice(0, -1).entries()) {
      const rest = await withPhase(phase, (ctx) => runPhase(recipe, ctx, structuredClone(snapshot)));
      const metricsOf = ({ steps }: typeof rest) => steps.map(({ metrics }) => metrics);
      expect(metricsOf(rest), `from step ${boundary}`).toEqual(metricsOf(straight).slice(boundary));
      expect(rest.snapshots.at(-1), `from step ${boundary}`).toEqual(straight.snapshots.at(-1));
    }
  },
  TIMEOUT_MS,
);
