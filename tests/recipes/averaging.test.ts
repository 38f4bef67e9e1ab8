/**
 * `ema_decay`, in one recipe of each loop: a checkpoint's weights are the moving average of what was trained, validation is of
 * them, and a run killed between two steps goes on bit for bit.
 */
import type { TensorMap } from '@preheat/checkpoints';
import { expect, describe, it } from 'vitest';
import { type PhaseRun, runPhase, runtimeOf, smokeOf, withPhase } from './recipe-bench.js';

const DECAY = 0.7;
const KEYS = { ema_decay: DECAY };
const phaseOf = (name: string, keys: object) => ({
  recipe: name,
  config: { ...smokeOf(name).config, ...keys },
  seed: 5,
});

const run = (name: string, keys: object): Promise<PhaseRun> =>
  withPhase(phaseOf(name, keys), (ctx) => runPhase(runtimeOf(name), ctx));

function largestDifference(a: TensorMap, b: TensorMap): number {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  const of = ([name, { data }]: [string, { data: Float32Array }]) =>
    data.reduce((worst, x, i) => Math.max(worst, Math.abs(x - (b.get(name)?.data[i] ?? Number.NaN))), 0);
  return Math.max(...[...a].map(of));
}

/** What training goes on with, where the weights of a snapshot are an average. */
const lastWeights = ({ optimizer }: PhaseRun['snapshots'][number]): TensorMap =>
  new Map([...optimizer].flatMap(([name, tensor]) => (name.startsWith('last.') ? [[name.slice(5), tensor]] : [])));

describe.each(['sft', 'dpo', 'grpo', 'ppo'])('%s with ema_decay', (name) => {
  it('publishes the average of its weights, and trains as without one', async () => {
    const [averaged, plain] = [await run(name, KEYS), await run(name, {})];
    let updates = 0;
    let expected: TensorMap = averaged.snapshots[0]?.weights ?? new Map();
    expect(largestDifference(expected, plain.snapshots[0]?.weights ?? new Map())).toBe(0);
    for (const [step, snapshot] of averaged.snapshots.slice(1).entries()) {
      const last = lastWeights(snapshot);
      expect(largestDifference(last, plain.snapshots[step + 1]?.weights ?? new Map())).toBe(0);
      if (averaged.steps[step]?.metrics['update_skipped'] === 1) continue;
      // Steps with two updates move the average twice, through weights that no snapshot shows.
      if (Number(smokeOf(name).config['epochs_per_batch'] ?? 1) > 1) continue;
      const decay = Math.min(DECAY, (1 + updates) / (10 + updates));
      updates++;
      expected = new Map(
        [...expected].map(([key, { shape, data }]) => [
          key,
          { shape, data: data.map((x, i) => decay * x + (1 - decay) * (last.get(key)?.data[i] ?? Number.NaN)) },
        ]),
      );
      expect(largestDifference(snapshot.weights, expected)).toBeLessThan(1e-6);
    }
    const [published, trained] = [averaged.snapshots.at(-1)?.weights, plain.snapshots.at(-1)?.weights];
    expect(largestDifference(published ?? new Map(), trained ?? new Map())).toBeGreaterThan(1e-5);
  });

  it.each<[string, object]>([
    ['the whole model', KEYS],
    ['an adapter', { ...KEYS, lora_rank: 2 }],
  ])('of %s, continues bit for bit from a snapshot', async (_, keys) => {
    const whole = await run(name, keys);
    const middle = whole.snapshots[1];
    const rest = await withPhase(phaseOf(name, keys), (ctx) => runPhase(runtimeOf(name), ctx, middle));
    expect(rest.steps.map(({ metrics }) => metrics)).toEqual(whole.steps.slice(1).map(({ metrics }) => metrics));
    expect(rest.snapshots.at(-1)).toEqual(whole.snapshots.at(-1));
  });
});

it('validates the average: what it says of the last step is what its checkpoint earns', async () => {
  const { steps, snapshots } = await run('sft', KEYS);
  const { weights } = snapshots.at(-1) ?? { weights: new Map() };
  // A step that moves nothing, from those weights.
  const still = { ...phaseOf('sft', { learning_rate: 1e-12, max_steps: 1 }), weights };
  const judged = await withPhase(still, (ctx) => runPhase(runtimeOf('sft'), ctx));
  const lossOf = (of: PhaseRun['steps']) => of.at(-1)?.metrics['full_valid_loss'] ?? Number.NaN;
  expect(lossOf(steps)).toBeCloseTo(lossOf(judged.steps), 5);
  expect(lossOf((await run('sft', {})).steps)).not.toBeCloseTo(lossOf(steps), 3);
});

it.each(['grpo', 'ppo'])(
  '%s answers validation rows with the average, and training rows with the weights as they are',
  async (name) => {
    const phase = phaseOf(name, { ...KEYS, eval_interval: 1 });
    const sampledFrom: TensorMap[] = [];
    const byVersion = new Map<number, TensorMap>();
    const { snapshots } = await withPhase(phase, (ctx) => {
      const { rollouts } = ctx;
      if (!rollouts) throw new Error(`${name} samples nothing`);
      const update = rollouts.updateWeights.bind(rollouts);
      rollouts.updateWeights = (weights, version) => {
        const copy = new Map([...weights].map(([key, { shape, data }]) => [key, { shape, data: data.slice() }]));
        sampledFrom.push(copy);
        // A version names one set of weights.
        expect(largestDifference(byVersion.get(version) ?? copy, copy)).toBe(0);
        byVersion.set(version, copy);
        return update(weights, version);
      };
      return runPhase(runtimeOf(name), ctx);
    });
    const isSampled = (weights: TensorMap) => sampledFrom.some((each) => largestDifference(each, weights) === 0);
    for (const [step, snapshot] of snapshots.slice(1).entries()) {
      expect(isSampled(snapshot.weights)).toBe(true);
      // Nothing is sampled after the last step but answers to validation rows.
      if (step < snapshots.length - 2) expect(isSampled(lastWeights(snapshot))).toBe(true);
    }
    expect(largestDifference(snapshots.at(-1)?.weights ?? new Map(), lastWeights(snapshots.at(-1)!))).toBeGreaterThan(
      0,
    );
  },
);
