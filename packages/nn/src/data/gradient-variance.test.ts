import { CounterRandom } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { domainShares, weightingVariance } from './domain-temperature.js';
import { gradientVariances } from './gradient-variance.js';

const norm = (xs: readonly number[]): number => Math.hypot(...xs);
const meanOf = (vectors: readonly (readonly number[])[]): number[] =>
  (vectors[0] ?? []).map((_, k) => vectors.reduce((sum, vector) => sum + (vector[k] ?? 0), 0) / vectors.length);

/** Gradients of every row of three domains, and what is drawn of them. */
const random = CounterRandom.fromSeed('gradients');
const domains = [400, 40, 5].map((size, domain) =>
  Array.from({ length: size }, () => Array.from({ length: 6 }, () => (1 + domain / 4) * (random.float() - 0.4))),
);
const sizes = domains.map(({ length }) => length);

function estimated(drawn: number, temperature: number, turn = 0) {
  const shares = domainShares(sizes, temperature);
  const parts = domains.map((rows) => {
    const from = (turn * drawn) % Math.max(1, rows.length - drawn + 1);
    return rows.slice(from, from + drawn);
  });
  const means = parts.map(meanOf);
  const joint = (means[0] ?? []).map((_, k) =>
    means.reduce((sum, mean, i) => sum + (shares[i] ?? 0) * (mean[k] ?? 0), 0),
  );
  const of = parts.map((rows, i) => ({ size: sizes[i] ?? 0, norms: rows.map(norm), meanNorm: norm(means[i] ?? []) }));
  return gradientVariances(of, norm(joint), temperature);
}

/** By definition, over every row with the probability and the weight that it has. */
function exact(temperature: number) {
  const [plain, shares] = [domainShares(sizes, 1), domainShares(sizes, temperature)];
  const variance = (probability: readonly number[], weights: readonly number[]) => {
    let [square, mean] = [0, [0, 0, 0, 0, 0, 0]];
    domains.forEach((rows, i) => {
      for (const row of rows) {
        const [p, w] = [(probability[i] ?? 0) / rows.length, weights[i] ?? 0];
        square += p * norm(row.map((x) => w * x)) ** 2;
        mean = mean.map((x, k) => x + p * w * (row[k] ?? 0));
      }
    });
    return square - norm(mean) ** 2;
  };
  const weights = shares.map((share, i) => share / (plain[i] ?? 1));
  return { sampling: variance(shares, [1, 1, 1]), weighting: variance(plain, weights) };
}

describe('variances of gradients', () => {
  it.each([1, 2, 5, 100])('of every row are those of the definition, at temperature %d', (temperature) => {
    const [found, expected] = [estimated(400, temperature), exact(temperature)];
    expect(found.sampling).toBeCloseTo(expected.sampling, 10);
    expect(found.weighting).toBeCloseTo(expected.weighting, 10);
  });

  it('of some rows are so on the average', () => {
    const expected = exact(5);
    const turns = Array.from({ length: 36 }, (_, turn) => estimated(10, 5, turn));
    const mean = (pick: (found: { sampling: number; weighting: number }) => number) =>
      turns.reduce((sum, turn) => sum + pick(turn), 0) / turns.length;
    expect(mean(({ sampling }) => sampling) / expected.sampling).toBeCloseTo(1, 1);
    expect(mean(({ weighting }) => weighting) / expected.weighting).toBeCloseTo(1, 1);
  });

  it('differ by the factor of the formula where all gradients are as long and cancel out', () => {
    const alike = sizes.map((size) => ({ size, norms: Array<number>(size).fill(2), meanNorm: 0 }));
    const { sampling, weighting } = gradientVariances(alike, 0, 5);
    expect(weighting / sampling).toBeCloseTo(weightingVariance(sizes, 5), 10);
  });

  it('need two gradients of a domain that has more than one row', () => {
    expect(() => gradientVariances([{ size: 3, norms: [1], meanNorm: 1 }], 1, 2)).toThrow('1 gradients say nothing');
    expect(gradientVariances([{ size: 1, norms: [1], meanNorm: 1 }], 1, 2)).toEqual({ sampling: 0, weighting: 0 });
  });
});
