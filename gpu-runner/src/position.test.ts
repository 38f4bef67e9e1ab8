import { describe, expect, it } from 'vitest';
import { afterPhase, positionOf } from './position.js';

const record = (phaseIndex: number, phaseStep: number, step: number, endsPhase: boolean) => ({
  id: `ftckpt_${step}`,
  createdAtMs: 0,
  phaseIndex,
  phaseStep,
  step,
  prefix: `p/${step}`,
  model: `m:${step}`,
  endsPhase,
  trainedTokens: step * 10,
  metrics: {},
});

describe('the position of a job', () => {
  it('is the base model before the first checkpoint', () => {
    expect(positionOf({ resume: null, checkpoints: [] })).toEqual({
      phaseIndex: 0,
      stepsBefore: 0,
      tokensBefore: 0,
      from: null,
      isResume: false,
    });
  });

  it('is within the phase after a checkpoint in its middle, with the tokens of earlier phases kept apart', () => {
    const sft = record(0, 100, 100, true);
    const middle = record(1, 30, 130, false);
    expect(positionOf({ resume: middle, checkpoints: [record(0, 50, 50, false), sft, middle] })).toEqual({
      phaseIndex: 1,
      stepsBefore: 100,
      tokensBefore: 1000,
      from: middle,
      isResume: true,
    });
  });

  it('is the start of the next phase after the last checkpoint of one', () => {
    const sft = record(0, 100, 100, true);
    expect(positionOf({ resume: sft, checkpoints: [sft] })).toEqual(afterPhase(sft));
    expect(afterPhase(sft)).toMatchObject({ phaseIndex: 1, stepsBefore: 100, tokensBefore: 1000, isResume: false });
  });
});
