/** Grades a batch, in order, without starving the event loop: heartbeats and cancellation get their turn. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CompiledGrader } from './compiled-grader.js';
import { type GradeResult, grade } from './grade.js';
import type { GradingContext } from './grading-context.js';

export interface GradeAllOptions {
  /** Samples in flight at once; matters only to graders that call out. Default 8. */
  readonly concurrency?: number;
  /** Aborting rejects with the signal's reason; no result is returned for a part of a batch. */
  readonly signal?: AbortSignal;
  /** How one sample is graded; by default with nothing to call. */
  readonly grade?: (context: GradingContext) => Promise<GradeResult>;
}

/** Pure graders score about this many samples within a few milliseconds. */
const SAMPLES_PER_TURN = 256;

/** Results in the order of `samples`. @throws the reason of `signal` when it is aborted. */
export async function gradeAll(
  compiled: CompiledGrader,
  samples: readonly GradingContext[],
  { concurrency = 8, signal, grade: gradeOne = (context) => grade(compiled, context) }: GradeAllOptions = {},
): Promise<GradeResult[]> {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a whole number of at least 1, found ${concurrency}.`);
  }
  const results = new Array<GradeResult>(samples.length);
  let taken = 0;
  const work = async () => {
    while (taken < samples.length) {
      signal?.throwIfAborted();
      const index = taken++;
      results[index] = await gradeOne(samples[index] as GradingContext);
      if (index % SAMPLES_PER_TURN === SAMPLES_PER_TURN - 1) await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, samples.length) }, work));
  signal?.throwIfAborted();
  return results;
}
