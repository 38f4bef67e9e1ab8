/** `gradient_checkpointing` changes what is kept and nothing of what is learned, in one recipe of each loop. */
import { expect, it } from 'vitest';
import { type PhaseRun, runPhase, runtimeOf, smokeOf, withPhase } from './recipe-bench.js';

it.each<[string, object]>([
  ['sft', {}],
  ['sft', { lora_rank: 2, lora_dropout: 0.1 }],
  ['dpo', {}],
  ['ppo', {}],
  ['grpo', {}],
])('%s learns the same when layers are computed again: %j', async (name, keys) => {
  const run = (recomputes: boolean): Promise<PhaseRun> => {
    const config = { ...smokeOf(name).config, ...keys, max_steps: 2, gradient_checkpointing: recomputes };
    return withPhase({ recipe: name, config, seed: 3 }, (ctx) => runPhase(runtimeOf(name), ctx, undefined, false));
  };
  const [kept, again] = [await run(false), await run(true)];
  const last = ({ snapshots }: PhaseRun) => snapshots.at(-1)?.weights ?? new Map<string, never>();
  for (const [tensor, { data }] of last(kept)) {
    const other = last(again).get(tensor)?.data;
    data.forEach((x, i) => expect(Math.abs(x - (other?.[i] ?? Number.NaN)), tensor).toBeLessThan(1e-4));
  }
});
