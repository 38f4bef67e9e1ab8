import type { JobDocument } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { runTimeLeft } from './run-time.js';

const onClass = (runner_class: string, low: number, high: number) => ({ runner_class, train_seconds: { low, high } });
const job = (over: object): JobDocument =>
  ({ phases: [{}, {}], lease: null, progress: null, resume: null, ...over }) as unknown as JobDocument;
const estimated = { preflight: { classes: [onClass('small', 100, 300), onClass('large', 10, 30)] } };

describe('how long a job has yet to run', () => {
  it('is not known without an estimate, nor where it fits nowhere', () => {
    expect(runTimeLeft(job({}))).toBeNull();
    expect(runTimeLeft(job({ preflight: { classes: [{ runner_class: 'a', train_seconds: null }] } }))).toBeNull();
  });

  it('is what its preflight said of the class, or of all where the class is not known', () => {
    expect(runTimeLeft(job(estimated), 'large')).toEqual({ low: 10, high: 30 });
    expect(runTimeLeft(job(estimated), 'other')).toEqual({ low: 10, high: 300 });
    expect(runTimeLeft(job(estimated))).toEqual({ low: 10, high: 300 });
  });

  it('is less by what checkpoints hold', () => {
    expect(runTimeLeft(job({ ...estimated, resume: { usage: { trainMs: 120_000 } } }), 'small')).toEqual({
      low: 0,
      high: 180,
    });
  });

  it('is what its runner sees in the last phase, while it has one', () => {
    const progress = { phaseIndex: 1, etaSeconds: 100 };
    expect(runTimeLeft(job({ ...estimated, lease: {}, progress }), 'small')).toEqual({ low: 80, high: 130 });
    expect(runTimeLeft(job({ ...estimated, progress }), 'small')).toEqual({ low: 100, high: 300 });
    const first = { ...progress, phaseIndex: 0 };
    expect(runTimeLeft(job({ ...estimated, lease: {}, progress: first }), 'small')).toEqual({ low: 100, high: 300 });
  });
});
