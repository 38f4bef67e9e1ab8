import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '@preheat/ports';
import { epochOrder } from '../data/epoch-order.js';
import { bucketLength, makespan, planMicroBatches } from './plan-micro-batches.js';

const limits = { maxTokens: 512, overheadTokens: 64 };

describe('planMicroBatches', () => {
  it('covers every row once, with room for it, in shapes of the small set', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lengths, (batch) => {
        const plans = planMicroBatches(batch, limits);
        expect(plans.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual([...batch.keys()]);
        for (const plan of plans) {
          expect(plan.rows.length).toBeLessThanOrEqual(plan.batch);
          expect(Math.log2(plan.batch) % 1).toBe(0);
          expect(bucketLength(plan.length)).toBe(plan.length);
          for (const row of plan.rows) expect(batch[row]).toBeLessThanOrEqual(plan.length);
          expect(plan.batch === 1 || plan.batch * plan.length <= limits.maxTokens).toBe(true);
        }
      }),
    );
  });

  it('keeps one micro-batch where a second would cost more than it saves', () => {
    const dear = { maxTokens: 512, overheadTokens: 512 };
    expect(planMicroBatches(new Array<number>(16).fill(17), dear).map(({ batch, length }) => [batch, length])).toEqual([
      [16, 18],
    ]);
  });

  it('takes everything at once where nothing bounds it and a run costs more than all of it', () => {
    const [plan, ...others] = planMicroBatches([30, 20, 10], { maxTokens: Infinity, overheadTokens: 1e12 });
    expect(plan).toMatchObject({ batch: 4, rows: [0, 1, 2] });
    expect(others).toEqual([]);
  });

  it('ends where nothing bounds a micro-batch', () => {
    const plans = planMicroBatches([30, 20, 10], { maxTokens: Infinity, overheadTokens: 1 });
    expect(plans.flatMap(({ rows }) => rows).sort()).toEqual([0, 1, 2]);
  });

  it('parts long rows from short ones when that saves more than a run costs', () => {
    const lengths = [...new Array<number>(2).fill(64), ...new Array<number>(32).fill(8)];
    expect(planMicroBatches(lengths, limits).map(({ batch, length }) => [batch, length])).toEqual([
      [32, 8],
      [2, 64],
    ]);
  });

  it('rounds lengths up by at most an eighth, and to few of them', () => {
    expect([1, 8, 9, 15, 17, 24, 33, 65, 130].map(bucketLength)).toEqual([8, 8, 10, 16, 18, 24, 36, 72, 144]);
    const buckets = new Set<number>();
    for (let length = 8; length <= 8192; length++) {
      const bucket = bucketLength(length);
      expect(bucket).toBeGreaterThanOrEqual(length);
      expect(bucket / length).toBeLessThanOrEqual(length < 16 ? 10 / 9 : 9 / 8);
      buckets.add(bucket);
    }
    // Eight an octave, of which the first has four.
    expect(buckets.size).toBe(77);
  });

  it('spreads a small batch over lanes instead of giving one of them everything', () => {
    const plans = planMicroBatches(new Array<number>(32).fill(16), { maxTokens: 1024, overheadTokens: 128 });
    expect(plans.map(({ batch, length }) => [batch, length])).toEqual([
      [16, 16],
      [16, 16],
    ]);
  });
});

/** Log-normal: the median, the spread of its logarithm, and where the tail is cut. */
type Spread = readonly [median: number, sigma: number, longest: number];

function drawn(count: number, [median, sigma, longest]: Spread, seed: string): number[] {
  const random = CounterRandom.fromSeed(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
  const draw = () => Math.round(median * Math.exp(sigma * normal()));
  return Array.from({ length: count }, () => Math.min(longest, Math.max(4, draw())));
}

const total = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0);
const shipped = { maxTokens: 1024, overheadTokens: 128 };

describe('batches of every recipe', () => {
  const spreads: [string, Spread][] = [
    ['words', [12, 0.4, 64]],
    ['short answers', [40, 0.6, 256]],
    ['chats', [180, 0.9, 2048]],
    ['chats with a longer tail', [180, 1.3, 4096]],
    ['documents', [600, 1, 8192]],
  ];

  /** Of all tokens computed. */
  function padding(batches: readonly (readonly number[])[]): number {
    const plans = batches.flatMap((batch) => planMicroBatches(batch, shipped));
    return 1 - total(batches.flat()) / total(plans.map(({ batch, length }) => batch * length));
  }

  /** Lengths of the sequences of each example, in batches of an epoch that is sorted in windows. */
  function sorted(examples: readonly (readonly number[])[], batchSize: number): number[][] {
    const options = { batchSize, windowBatches: 16 };
    const order = epochOrder(examples.map(total), CounterRandom.fromSeed('order'), options);
    return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
      [...order.subarray(i * batchSize, (i + 1) * batchSize)].flatMap((row) => examples[row] ?? []),
    );
  }

  it.each(spreads)('of %s have less padding than 0.15 of what is computed, on few rows and many', (_, spread) => {
    const [median, sigma, longest] = spread;
    const half: Spread = [median / 2, sigma, longest / 2];
    const [prompts, answers] = [drawn(512, half, 'prompts'), drawn(4096, half, 'answers')];
    const rows = drawn(1024, spread, 'rows').map((row) => [row]);
    const pairs = prompts.map((prompt, i) => [0, 1].map((j) => prompt + (answers[2 * i + j] ?? 0)));
    const groups = prompts.map((prompt, i) => answers.slice(8 * i, 8 * i + 8).map((answer) => prompt + answer));
    // A few words are soonest done in one run, however much of it is padding.
    for (const count of median < 20 ? [32] : [4, 32]) {
      // Prompts of a reinforcement step come in random order.
      const rollouts = Array.from({ length: groups.length / count }, (_unused, i) =>
        groups.slice(i * count, (i + 1) * count).flat(),
      );
      const batches = { sft: sorted(rows, count), dpo: sorted(pairs, count), rl: rollouts };
      for (const [name, each] of Object.entries(batches)) expect(padding(each), `${name}, ${count}`).toBeLessThan(0.15);
    }
  });

  it('keep padding where computing less of it would take a tenth more time', () => {
    const dear = { maxTokens: 8192, overheadTokens: 1024 };
    expect(planMicroBatches([60, 20, 12, 10], dear)).toHaveLength(1);
    expect(planMicroBatches([60, 20, 12, 10], shipped).length).toBeGreaterThan(1);
  });
});

describe('batches of chat rows with a long tail', () => {
  const lengths = drawn(6400, [180, 0.9, 2048], 'chat lengths');

  /** Plans of all batches of an epoch. */
  function plansOf(batchSize: number, windowBatches: number) {
    const order = epochOrder(lengths, CounterRandom.fromSeed('order'), { batchSize, windowBatches });
    const batches = Array.from({ length: order.length / batchSize }, (_, i) =>
      Array.from(order.subarray(i * batchSize, (i + 1) * batchSize), (row) => lengths[row] ?? 0),
    );
    return batches.map((batch) => planMicroBatches(batch, shipped));
  }

  it.each([
    ['sorted in windows', 16],
    ['in random order', 1],
  ])('have less than a tenth of padding, %s', (_, windowBatches) => {
    for (const batchSize of [8, 32, 128]) {
      const computed = total(
        plansOf(batchSize, windowBatches).flatMap((plans) => plans.map((p) => p.batch * p.length)),
      );
      expect(1 - total(lengths) / computed, `batches of ${batchSize}`).toBeLessThan(0.1);
    }
  });

  it('keep lanes evenly loaded', () => {
    for (const lanes of [2, 4]) {
      const plans = plansOf(64, 16);
      const busiest = total(plans.map((each) => makespan(each, lanes, shipped)));
      const even = total(plans.map((each) => makespan(each, 1, shipped) / lanes));
      expect(busiest / even, `${lanes} lanes`).toBeLessThan(1.1);
    }
  });
});
