/**
 * The record every recipe shares: one sequence, token by token, with where each token came from and how it is trained.
 * Array `t` speaks about token `t` itself (not about the position that predicts it); the trainer does the shift.
 */
import { invariant } from '@preheat/contracts';

/**
 * What a token is: given to the model, written by a demonstrator, or sampled from a policy; the segments of a sampled answer are
 * numbered on from `sample`.
 */
export const SEGMENT = { prompt: 0, demonstration: 1, sample: 2 } as const;

/** Policy version of tokens that no policy sampled. */
export const NOT_SAMPLED = -1;

/** All arrays have the length of `tokens`. */
export interface TokenRecord {
  readonly tokens: Int32Array;
  readonly segmentId: Uint8Array;
  /** Natural log-probability under the distribution the token was drawn from; 0 where nothing was drawn. */
  readonly logProb: Float32Array;
  /** Version of the weights that drew the token, or `NOT_SAMPLED`. */
  readonly policyVersion: Int32Array;
  /** 1: the token contributes to the loss. */
  readonly trainMask: Uint8Array;
  /** Loss weight of a demonstrated token, advantage of a sampled one. */
  readonly advantageWeight: Float32Array;
  /** What each token was drawn at, 1 where nothing was drawn; absent where one temperature holds for the whole run. */
  readonly temperature?: Float32Array;
}

/** A demonstration: `trainMask` marks the tokens to imitate, each with weight 1. */
export function demonstrationRecord(tokens: Int32Array, trainMask: Uint8Array): TokenRecord {
  invariant(tokens.length === trainMask.length, `${tokens.length} tokens with a mask of ${trainMask.length}`);
  return {
    tokens,
    segmentId: trainMask.map((trained) => (trained ? SEGMENT.demonstration : SEGMENT.prompt)),
    logProb: new Float32Array(tokens.length),
    policyVersion: new Int32Array(tokens.length).fill(NOT_SAMPLED),
    trainMask,
    advantageWeight: Float32Array.from(trainMask),
  };
}

/** How a completion was drawn whose segments differ; an entry for each of its tokens. What is said of forced ones counts for nothing. */
export interface DrawnSegments {
  /** Number of the segment that the token is of; 0 is the first. */
  readonly segment: Uint8Array;
  readonly temperature: Float32Array;
  /** 1: what the token earned is learned from. */
  readonly trained: Uint8Array;
  /** 1: the token was given to the model, which drew none there. Absent: it drew all. */
  readonly forced?: Uint8Array;
}

export interface SampledCompletion {
  readonly prompt: Int32Array;
  /** As drawn, the stop token included. */
  readonly tokens: Int32Array;
  readonly logProbs: Float32Array;
  readonly policyVersion: number;
  /** Absent: one segment, drawn at the temperature of the run, and trained. */
  readonly segments?: DrawnSegments;
}

/** A sampled completion behind its prompt. @param advantage Of every sampled token alike, or of each. */
export function completionRecord(sample: SampledCompletion, advantage: number | Float32Array): TokenRecord {
  const { prompt, tokens, logProbs, policyVersion, segments } = sample;
  invariant(tokens.length === logProbs.length, `${tokens.length} tokens with ${logProbs.length} log-probabilities`);
  const length = prompt.length + tokens.length;
  const record: TokenRecord = {
    tokens: new Int32Array(length),
    segmentId: new Uint8Array(length).fill(SEGMENT.sample, prompt.length),
    logProb: new Float32Array(length),
    policyVersion: new Int32Array(length).fill(NOT_SAMPLED),
    trainMask: new Uint8Array(length).fill(1, prompt.length),
    advantageWeight: new Float32Array(length),
  };
  if (typeof advantage === 'number') record.advantageWeight.fill(advantage, prompt.length);
  else record.advantageWeight.set(advantage, prompt.length);
  record.tokens.set(prompt);
  record.tokens.set(tokens, prompt.length);
  record.logProb.set(logProbs, prompt.length);
  record.policyVersion.fill(policyVersion, prompt.length);
  return segments ? inSegments(record, segments, prompt.length) : record;
}

function inSegments(record: TokenRecord, segments: DrawnSegments, start: number): TokenRecord {
  const count = record.tokens.length - start;
  const { segment, temperature, trained, forced = new Uint8Array(count) } = segments;
  for (const { length } of [segment, temperature, trained, forced])
    invariant(length === count, `${count} tokens with segments of ${length}`);
  record.segmentId.set(
    segment.map((number) => SEGMENT.sample + number),
    start,
  );
  record.trainMask.set(trained, start);
  const temperatures = new Float32Array(record.tokens.length).fill(1);
  temperatures.set(temperature, start);
  for (const [at, isForced] of forced.entries()) {
    if (isForced === 0) continue;
    const token = start + at;
    [record.logProb[token], record.policyVersion[token], record.trainMask[token]] = [0, NOT_SAMPLED, 0];
    temperatures[token] = 1;
  }
  return { ...record, temperature: temperatures };
}

/** The first token, from 1 on, that contributes to the loss; 1 where none does. */
export const firstTrained = ({ trainMask }: TokenRecord): number => Math.max(1, trainMask.indexOf(1, 1));

/** Number of tokens that contribute to the loss. The first token of a sequence is never predicted, so never trained. */
export function trainedTokens(record: TokenRecord): number {
  return record.trainMask.subarray(1).reduce((sum, trained) => sum + trained, 0);
}
