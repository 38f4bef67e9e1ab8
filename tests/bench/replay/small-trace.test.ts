import { describe, expect, it } from 'vitest';
import { smallTrace } from './small-trace.js';

const OPTIONS = { jobs: 40, models: 2, meanWorkMs: 3_000, load: 0.5, runners: 2 };

describe('smallTrace', () => {
  it('is the same for every replay, in the order of arrival, and loads the runners as asked', () => {
    const jobs = smallTrace('synthetic', OPTIONS);
    expect(jobs).toEqual(smallTrace('synthetic', OPTIONS));
    expect(jobs).toHaveLength(40);
    expect(jobs.map(({ arriveMs }) => arriveMs)).toEqual(
      jobs.map(({ arriveMs }) => arriveMs).toSorted((a, b) => a - b),
    );
    const work = jobs.reduce((sum, { workMs }) => sum + workMs, 0);
    expect(work / (jobs.at(-1)?.arriveMs ?? 0) / 2).toBeCloseTo(0.5, 6);
    expect(new Set(jobs.map(({ model }) => model))).toEqual(new Set([0, 1]));
  });

  it('names the traces there are when asked for another', () => {
    expect(() => smallTrace('nothing', OPTIONS)).toThrow('--trace takes synthetic, gentd26, philly, not nothing');
  });
});
