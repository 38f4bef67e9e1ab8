import { describe, expect, it } from 'vitest';
import { CROSS_ENTROPY, type LossSpec } from '../loss/loss-spec.js';
import { completionRecord, demonstrationRecord, NOT_SAMPLED, SEGMENT, trainedTokens } from './token-record.js';
import { imitate, isInert, reinforce } from './weighted-tokens.js';

const sample = {
  prompt: Int32Array.of(5, 6),
  tokens: Int32Array.of(7, 8, 9),
  logProbs: Float32Array.of(-1, -2, -3),
  policyVersion: 4,
};

describe('token records', () => {
  it('keep a sampled completion behind its prompt, with its origin', () => {
    const record = completionRecord(sample, 0.5);
    expect([...record.tokens]).toEqual([5, 6, 7, 8, 9]);
    expect([...record.segmentId]).toEqual([SEGMENT.prompt, SEGMENT.prompt, 2, 2, 2]);
    expect([...record.logProb]).toEqual([0, 0, -1, -2, -3]);
    expect([...record.policyVersion]).toEqual([NOT_SAMPLED, NOT_SAMPLED, 4, 4, 4]);
    expect([...record.advantageWeight]).toEqual([0, 0, 0.5, 0.5, 0.5]);
    expect(trainedTokens(record)).toBe(3);
  });

  it('take an advantage for each token', () => {
    const record = completionRecord(sample, Float32Array.of(1, 2, 3));
    expect([...record.advantageWeight]).toEqual([0, 0, 1, 2, 3]);
  });

  it('know the segment, the temperature and the training of every token of a completion drawn in segments', () => {
    const segments = {
      segment: Uint8Array.of(0, 0, 1),
      temperature: Float32Array.of(1.5, 1.5, 0.5),
      trained: Uint8Array.of(0, 0, 1),
    };
    const record = completionRecord({ ...sample, segments }, 0.5);
    expect([...record.segmentId]).toEqual([0, 0, SEGMENT.sample, SEGMENT.sample, SEGMENT.sample + 1]);
    expect([...(record.temperature ?? [])]).toEqual([1, 1, 1.5, 1.5, 0.5]);
    expect([...record.trainMask]).toEqual([0, 0, 0, 0, 1]);
    expect([...(reinforce(record).policyGradient?.weight ?? [])]).toEqual([0, 0, 0, 0, 1]);
    expect(reinforce(record).policyGradient?.temperature).toBe(record.temperature);
  });

  it('have forced tokens that no policy drew and nothing learns from, in the segment that they end', () => {
    const segments = {
      segment: Uint8Array.of(0, 0, 1),
      temperature: Float32Array.of(1.5, 1.5, 0.5),
      trained: Uint8Array.of(1, 1, 1),
      forced: Uint8Array.of(0, 1, 0),
    };
    const record = completionRecord({ ...sample, segments }, 0.5);
    expect([...record.segmentId]).toEqual([0, 0, SEGMENT.sample, SEGMENT.sample, SEGMENT.sample + 1]);
    expect([...record.trainMask]).toEqual([0, 0, 1, 0, 1]);
    const version = sample.policyVersion;
    expect([...record.policyVersion]).toEqual([NOT_SAMPLED, NOT_SAMPLED, version, NOT_SAMPLED, version]);
    expect([...(record.temperature ?? [])]).toEqual([1, 1, 1.5, 1, 0.5]);
    const [first = 0, , last = 0] = sample.logProbs;
    expect([...record.logProb]).toEqual([0, 0, first, 0, last]);
    expect([...(reinforce(record).policyGradient?.weight ?? [])]).toEqual([0, 0, 1, 0, 1]);
    expect(() => completionRecord({ ...sample, segments: { ...segments, forced: new Uint8Array(2) } }, 1)).toThrow(
      '3 tokens with segments of 2',
    );
  });

  it('never count the first token, which nothing predicts', () => {
    const record = demonstrationRecord(Int32Array.of(1, 2), Uint8Array.of(1, 1));
    expect(trainedTokens(record)).toBe(1);
  });

  it('refuse arrays of different lengths', () => {
    expect(() => demonstrationRecord(Int32Array.of(1, 2), Uint8Array.of(1))).toThrow('2 tokens with a mask of 1');
    expect(() => completionRecord({ ...sample, logProbs: new Float32Array(2) }, 1)).toThrow('3 tokens with 2');
    const two = new Uint8Array(2);
    const segments = { segment: two, temperature: new Float32Array(3), trained: two };
    expect(() => completionRecord({ ...sample, segments }, 1)).toThrow('3 tokens with segments of 2');
  });
});

const spec = (klBeta: number, entropyBonus: number): LossSpec => ({
  crossEntropy: false,
  policyGradient: { clipLow: 0.2, clipHigh: 0.2, dualClip: 0, temperature: 1, klBeta, entropyBonus },
});

describe('isInert', () => {
  it('holds for a completion with zero advantage, until a penalty or a bonus needs it', () => {
    const row = reinforce(completionRecord(sample, 0));
    expect(isInert(row, spec(0, 0))).toBe(true);
    expect(isInert(row, spec(0.1, 0))).toBe(false);
    expect(isInert(row, spec(0, 0.1))).toBe(false);
    expect(isInert(reinforce(completionRecord(sample, -0.1)), spec(0, 0))).toBe(false);
  });

  it('holds for a completion of which nothing is trained, whatever the loss', () => {
    const record = { ...completionRecord(sample, 1), trainMask: new Uint8Array(5) };
    expect(isInert(reinforce(record), spec(0.1, 0.1))).toBe(true);
  });

  it('holds for a demonstration in which nothing is trained', () => {
    const row = (...mask: number[]) => imitate(demonstrationRecord(Int32Array.of(1, 2), Uint8Array.from(mask)));
    expect(isInert(row(0, 0), CROSS_ENTROPY)).toBe(true);
    expect(isInert(row(0, 1), CROSS_ENTROPY)).toBe(false);
  });
});
