import type { CheckpointRecord } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { bestCheckpoint, bestFirst, keptCheckpoints } from './best-checkpoint.js';

const at = (step: number, quality: number | null, phaseIndex = 0): CheckpointRecord => ({
  id: `ftckpt_${step}`,
  createdAtMs: step,
  phaseIndex,
  phaseStep: step,
  step,
  prefix: `jobs/j/attempts/1/step-${step}`,
  quality,
  model: `ft:m:ckpt-step-${step}`,
  endsPhase: false,
  trainedTokens: step,
  metrics: {},
});
const steps = (records: Iterable<CheckpointRecord>) => [...records].map(({ step }) => step).sort((a, b) => a - b);

describe('the best checkpoint', () => {
  it('has the best quality, the latest of equals; what was not measured comes last, the latest first', () => {
    const records = [at(1, 0.5), at(2, null), at(3, 0.9), at(4, 0.9), at(5, null)];
    expect(bestFirst(records).map(({ step }) => step)).toEqual([4, 3, 1, 5, 2]);
    expect(bestCheckpoint(records)?.step).toBe(4);
  });

  it('is one of the last phase, whatever an earlier one measured', () => {
    expect(bestCheckpoint([at(1, 9), at(2, -3, 1), at(3, -5, 1)])?.step).toBe(2);
    expect(bestCheckpoint([])).toBeUndefined();
  });
});

describe('what a job keeps', () => {
  const retention = { keep_best: 1, checkpoint_ttl_seconds: null };

  it('is the best of each phase, the last of each, and the place to resume from', () => {
    const checkpoints = [at(1, 2), at(2, 9), at(3, 1), at(4, 3), at(5, 7, 1), at(6, 6, 1), at(7, 1, 1)];
    const resume = checkpoints[2] ?? null;
    expect(steps(keptCheckpoints({ checkpoints, resume, retention }))).toEqual([2, 3, 4, 5, 7]);
  });

  it('always has the one that a job at its limit ends with', () => {
    const checkpoints = [at(1, 5), at(2, 5), at(3, 1), at(4, null)];
    const kept = keptCheckpoints({ checkpoints, resume: checkpoints[3] ?? null, retention });
    expect(kept).toContain(bestCheckpoint(checkpoints));
  });
});
