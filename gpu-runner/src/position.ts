/** Where a job stands in its pipeline: which phase to run next, from which step, and the arithmetic of global steps. */
import type { CheckpointRecord, JobDocument } from '@preheat/contracts';

export interface Position {
  readonly phaseIndex: number;
  /** Steps of the pipeline finished before this phase began. */
  readonly stepsBefore: number;
  /** Tokens trained on before this phase began. */
  readonly tokensBefore: number;
  /** The checkpoint whose weights the phase starts from, or whose state it continues; null: the base model. */
  readonly from: CheckpointRecord | null;
  /** Whether `from` lies within the phase, so that its whole training state is restored. */
  readonly isResume: boolean;
}

/** The position a runner starts at, from the pointer in the job document alone, never from a listing. */
export function positionOf(job: Pick<JobDocument, 'resume' | 'checkpoints'>): Position {
  const from = job.resume;
  if (from === null) return { phaseIndex: 0, stepsBefore: 0, tokensBefore: 0, from: null, isResume: false };
  if (from.endsPhase) return afterPhase(from);
  const before = job.checkpoints.findLast((known) => known.phaseIndex === from.phaseIndex - 1 && known.endsPhase);
  return {
    phaseIndex: from.phaseIndex,
    stepsBefore: from.step - from.phaseStep,
    tokensBefore: before?.trainedTokens ?? 0,
    from,
    isResume: true,
  };
}

/** The position after a phase whose last checkpoint is `last`. */
export function afterPhase(last: CheckpointRecord): Position {
  return {
    phaseIndex: last.phaseIndex + 1,
    stepsBefore: last.step,
    tokensBefore: last.trainedTokens,
    from: last,
    isResume: false,
  };
}
