import { describe, expect, it } from 'vitest';
import type { RopeScaling } from './rope-scaling.js';
import { rotaryFrequencies, rotaryTables } from './rotary-tables.js';

const WIDTH = 8;
/** 1, 1/10, 1/100, 1/1000. */
const plain = rotaryFrequencies({ theta: 10_000, scaling: null }, WIDTH);
const ratios = (scaling: RopeScaling) =>
  [...rotaryFrequencies({ theta: 10_000, scaling }, WIDTH)].map((frequency, i) => frequency / (plain[i] ?? 0));

function expectClose(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, x] of expected.entries()) expect(actual[i]).toBeCloseTo(x, 12);
}

describe('rotary frequencies', () => {
  it('fall geometrically with the pair', () => {
    expectClose([...plain], [1, 0.1, 0.01, 0.001]);
  });

  it('are divided evenly by linear scaling, and not at all by dynamic scaling within the length', () => {
    expectClose(ratios({ rope_type: 'linear', factor: 4 }), [0.25, 0.25, 0.25, 0.25]);
    expectClose(ratios({ rope_type: 'dynamic', factor: 4 }), [1, 1, 1, 1]);
  });

  it('are kept, blended or divided by how often they turn, as in Llama 3', () => {
    // 200π positions: the pairs turn 100, 10, 1 and 0.1 times; (10 - 2) / (18 - 2) of the second is kept.
    const length = { original_max_position_embeddings: 628 };
    const [fast, middle, slow, slowest] = ratios({
      ...{ rope_type: 'llama3', factor: 8, low_freq_factor: 2, high_freq_factor: 18, ...length },
    });
    const kept = ((628 * 0.1) / (2 * Math.PI) - 2) / 16;
    expectClose([fast, middle, slow, slowest] as number[], [1, kept + (1 - kept) / 8, 1 / 8, 1 / 8]);
  });

  it('ramp from kept to divided over the pairs between two counts of turns in YaRN', () => {
    // Pair i turns 1000·10^-i / 2π times: 32 turns lie at pair 0.697, 1 turn at 2.202, rounded outwards to 0 and 3.
    const settings = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 1000 } as const;
    expectClose(ratios(settings), [1, 1 - 0.75 / 3, 1 - (2 * 0.75) / 3, 0.25]);
    const [low, high] = [32, 1].map((turns) => Math.log10(1000 / (turns * 2 * Math.PI))) as [number, number];
    const ramp = (pair: number) => 1 - 0.75 * Math.min(1, Math.max(0, (pair - low) / (high - low)));
    expectClose(ratios({ ...settings, truncate: false }), [0, 1, 2, 3].map(ramp));
  });
});

describe('rotary tables', () => {
  it('hold cosine and sine of position times frequency', () => {
    const { cosine, sine } = rotaryTables({ theta: 10_000, scaling: null }, WIDTH, 3);
    expect([...cosine.slice(0, 4)]).toEqual([1, 1, 1, 1]);
    expect(cosine[2 * 4 + 1]).toBeCloseTo(Math.cos(0.2), 7);
    expect(sine[2 * 4]).toBeCloseTo(Math.sin(2), 7);
  });

  it('are multiplied by the attention factor of YaRN', () => {
    const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 16 } as const;
    const first = (scaling: RopeScaling) => rotaryTables({ theta: 100, scaling }, WIDTH, 1).cosine[0];
    const growth = (scale: number) => 0.1 * scale * Math.log(4) + 1;
    expect(first(yarn)).toBeCloseTo(growth(1), 6);
    expect(first({ ...yarn, attention_factor: 0.5 })).toBeCloseTo(0.5, 6);
    expect(first({ ...yarn, mscale: 0.7, mscale_all_dim: 1.2 })).toBeCloseTo(growth(0.7) / growth(1.2), 6);
  });
});
