import { describe, expect, it } from 'vitest';
import { mostResamples, pairedBootstrap } from './paired-bootstrap.js';

const OPTIONS = { seed: 1, resamples: 4000, confidence: 0.95 };
const SIGNS = Float64Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? -1 : 1));

describe('the paired bootstrap', () => {
  it('gives about the interval of the normal approximation for many items', async () => {
    const [found] = await pairedBootstrap([SIGNS], OPTIONS);
    // Of ±1 with mean 0.5 the standard deviation is √0.75.
    const halfWidth = 1.96 * Math.sqrt(0.75 / 400);
    expect(found?.mean).toBe(0.5);
    expect(found?.low).toBeCloseTo(0.5 - halfWidth, 2);
    expect(found?.high).toBeCloseTo(0.5 + halfWidth, 2);
    expect(found?.pValue).toBe(2 / 4001);
  });

  it('draws the same items for every measure, and the same for the same seed', async () => {
    const [one, twice] = await pairedBootstrap([SIGNS, SIGNS.map((value) => 2 * value)], OPTIONS);
    expect(twice).toMatchObject({ low: 2 * (one?.low ?? 0), high: 2 * (one?.high ?? 0) });
    expect(await pairedBootstrap([SIGNS], OPTIONS)).toEqual([one]);
    expect(await pairedBootstrap([SIGNS], { ...OPTIONS, seed: 2 })).not.toEqual([one]);
  });

  it('is narrower for less confidence', async () => {
    const [sure] = await pairedBootstrap([SIGNS], OPTIONS);
    const [less] = await pairedBootstrap([SIGNS], { ...OPTIONS, confidence: 0.5 });
    const width = (of: typeof sure) => (of?.high ?? 0) - (of?.low ?? 0);
    expect(width(less)).toBeLessThan(width(sure));
  });

  it('finds nothing where nothing differs, and no more where as much was lost as won', async () => {
    const [same] = await pairedBootstrap([new Float64Array(50)], OPTIONS);
    expect(same).toEqual({ mean: 0, low: 0, high: 0, pValue: 1 });
    const [even] = await pairedBootstrap([Float64Array.from({ length: 50 }, (_, i) => (i % 2 ? 1 : -1))], OPTIONS);
    expect(even?.pValue).toBeGreaterThan(0.5);
  });

  it('rejects a true zero about as often as it says', async () => {
    const draw = (trial: number) => Float64Array.from({ length: 60 }, (_, i) => Math.sin(trial * 997 + i * i * 1.7));
    let rejected = 0;
    for (let trial = 0; trial < 200; trial++) {
      const [found] = await pairedBootstrap([draw(trial)], { seed: trial, resamples: 400, confidence: 0.95 });
      if ((found?.low ?? 0) > 0 || (found?.high ?? 0) < 0) rejected++;
    }
    expect(rejected / 200).toBeLessThan(0.12);
  });
});

it('may be asked for less the more criteria there are, and for what is usual of as many items as a run may well have', () => {
  expect(mostResamples(50_000, 2)).toBeGreaterThanOrEqual(10_000);
  expect(mostResamples(50_000, 33)).toBeLessThan(mostResamples(50_000, 2) / 10);
});
