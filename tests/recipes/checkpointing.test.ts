/** `gradient_checkpointing` changes what is kept and nothing of what is learned, in one recipe of each loop. */
import type { Executor } from '@preheat/executor';
import { expect, it } from 'vitest';
import { type PhaseRun, runPhase, runtimeOf, smokeOf, withPhase } from './recipe-bench.js';
import { modelConfig } from './reversal-task.js';

/** Tells of every program that gradients are computed by how often it computes attention's probabilities. */
function countAttention(executor: Executor, tell: (softmaxes: number) => void): void {
  const open = executor.openTraining.bind(executor);
  executor.openTraining = async (layout, options) => {
    const state = await open(layout, options);
    const accumulate = state.accumulate.bind(state);
    state.accumulate = (program, feeds) => {
      tell(program.nodes.filter(({ primitive }) => primitive === 'softmax').length);
      return accumulate(program, feeds);
    };
    return state;
  };
}

it.each<[string, object]>([
  ['sft', {}],
  ['sft', { lora_rank: 2, lora_dropout: 0.1 }],
  ['dpo', {}],
  ['ppo', {}],
  ['grpo', {}],
])('%s learns the same when layers are computed again: %j', async (name, keys) => {
  const run = async (recomputes: boolean): Promise<PhaseRun & { softmaxes: number }> => {
    const config = { ...smokeOf(name).config, ...keys, max_steps: 2, gradient_checkpointing: recomputes };
    const counts = new Set<number>();
    const phase = await withPhase({ recipe: name, config, seed: 3 }, (ctx) => {
      countAttention(ctx.executor, (count) => counts.add(count));
      return runPhase(runtimeOf(name), ctx, undefined, false);
    });
    return { ...phase, softmaxes: Math.max(...counts) };
  };
  const [kept, again] = [await run(false), await run(true)];
  expect(again.softmaxes).toBe(kept.softmaxes + modelConfig.num_hidden_layers);
  expect(kept.steps.some(({ metrics }) => metrics['update_skipped'] !== 1)).toBe(true);
  const last = ({ snapshots }: PhaseRun) => snapshots.at(-1)?.weights ?? new Map<string, never>();
  for (const [tensor, { data }] of last(kept)) {
    const other = last(again).get(tensor)?.data;
    data.forEach((x, i) => expect(Math.abs(x - (other?.[i] ?? Number.NaN)), tensor).toBeLessThan(1e-4));
  }
});
