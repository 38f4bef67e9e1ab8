import { CounterRandom } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { DomainSampler } from './domain-sampler.js';
import { domainShares, domainWeights, weightingVariance } from './domain-temperature.js';
import { FIRST_ROW, type RowCursor } from './row-sampler.js';

describe('domain temperatures', () => {
  it('are the sizes at 1, and nearly even when hot', () => {
    expect(domainShares([75, 25], 1)).toEqual([0.75, 0.25]);
    // √64 : √16.
    expect(domainShares([64, 16], 2)).toEqual([2 / 3, 1 / 3]);
    expect(domainShares([1000, 1], 1e6)[0]).toBeCloseTo(0.5, 4);
  });

  it('weigh rows drawn in proportion so that they count as if drawn at the temperature', () => {
    const weights = domainWeights([64, 16], 2);
    expect(weights[0]).toBeCloseTo(2 / 3 / 0.8, 12);
    expect((64 * (weights[0] ?? 0) + 16 * (weights[1] ?? 0)) / 80).toBeCloseTo(1, 12);
  });

  it('have the variance of weights, whose mean is 1', () => {
    const [sizes, temperature] = [[64, 16, 1], 5] as const;
    const rows = domainWeights(sizes, temperature).flatMap((weight, i) =>
      Array.from({ length: sizes[i] ?? 0 }, () => weight),
    );
    const secondMoment = rows.reduce((sum, weight) => sum + weight ** 2, 0) / rows.length;
    expect(weightingVariance(sizes, temperature)).toBeCloseTo(secondMoment, 12);
    expect(weightingVariance(sizes, 1)).toBeCloseTo(1, 12);
  });
});

describe('DomainSampler', () => {
  const domains = Array.from({ length: 80 }, (_, row) => (row % 5 === 0 ? 'rare' : 'common'));
  const sampler = (temperatureAt: (drawn: number) => number) =>
    new DomainSampler(domains, CounterRandom.fromSeed(4), { batchSize: 32, temperatureAt });
  const rareShare = (from: DomainSampler, start: RowCursor, batches: number): number => {
    let [cursor, rare] = [start, 0];
    for (let k = 0; k < batches; k++) {
      const batch = from.batchAt(cursor);
      rare += batch.rows.reduce((sum, row) => sum + (row % 5 === 0 ? 1 : 0), 0);
      cursor = batch.next;
    }
    return rare / (32 * batches);
  };

  it('draws domains at their shares', () => {
    expect(
      rareShare(
        sampler(() => 1),
        FIRST_ROW,
        100,
      ),
    ).toBeCloseTo(0.2, 1);
    expect(
      rareShare(
        sampler(() => 2),
        FIRST_ROW,
        100,
      ),
    ).toBeCloseTo(1 / 3, 1);
  });

  it('changes its temperature on the way', () => {
    const cooling = sampler((drawn) => (drawn < 3200 ? 100 : 1));
    expect(rareShare(cooling, FIRST_ROW, 100)).toBeGreaterThan(0.45);
    expect(rareShare(cooling, { epoch: 40, offset: 0 }, 100)).toBeLessThan(0.25);
  });

  it('continues from a stored cursor as if it had never stopped', () => {
    const whole = sampler(() => 3);
    const second = whole.batchAt(whole.batchAt(FIRST_ROW).next);
    const third = sampler(() => 3).batchAt(JSON.parse(JSON.stringify(second.next)) as RowCursor);
    expect(third).toEqual(whole.batchAt(second.next));
    expect([...third.rows]).not.toEqual([...second.rows]);
  });
});
