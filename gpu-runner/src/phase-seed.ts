/**
 * The seed of a phase. Every phase draws numbers of its own: two alike on one file would otherwise train on the same batches
 * and completions. The first draws those of the job, so that a job of that phase alone, with the same seed, is the same run.
 */
import { seedOf } from '@preheat/recipes';

/** @param index Of the phase in its pipeline; 0 is the first. */
export const phaseSeed = (jobSeed: number, index: number): number =>
  index === 0 ? jobSeed : seedOf(jobSeed, `phase ${index}`);
