/** Which checkpoints of a job are worth the most: what it ends with when it may not train to its end, and what is kept. */
import { type CheckpointRecord, type JobDocument, retentionOf } from '@preheat/contracts';

/**
 * Of one phase, the best validation metric first, the latest of equals before the others. Where none was measured, nothing is
 * known but the order: those come last, the latest first.
 */
export function bestFirst(checkpoints: readonly CheckpointRecord[]): CheckpointRecord[] {
  const worth = ({ quality }: CheckpointRecord): number => quality ?? -Infinity;
  return [...checkpoints].reverse().sort((a, b) => (worth(b) === worth(a) ? 0 : worth(b) - worth(a)));
}

/** The best of the last phase that has one; undefined when there is none at all. */
export function bestCheckpoint(checkpoints: readonly CheckpointRecord[]): CheckpointRecord | undefined {
  const last = checkpoints.at(-1);
  return bestFirst(checkpoints.filter(({ phaseIndex }) => phaseIndex === last?.phaseIndex))[0];
}

type Kept = Pick<JobDocument, 'checkpoints' | 'resume'>;

/**
 * What no attempt of the job can do without: the place to resume from, and the last checkpoint of each phase, which the next
 * phase started from and may be held to.
 */
export function neededCheckpoints({ checkpoints, resume }: Kept): Set<CheckpointRecord> {
  return new Set(
    checkpoints.filter(
      (one, index) =>
        one.prefix === resume?.prefix ||
        !checkpoints.slice(index + 1).some((later) => later.phaseIndex === one.phaseIndex),
    ),
  );
}

/** Those, and the best of each phase: the metrics of phases do not compare. */
export function keptCheckpoints(job: Kept & Pick<JobDocument, 'retention'>): Set<CheckpointRecord> {
  const { keep_best: keepBest } = retentionOf(job.retention);
  const phases = new Set(job.checkpoints.map(({ phaseIndex }) => phaseIndex));
  const best = [...phases].flatMap((phase) =>
    bestFirst(job.checkpoints.filter(({ phaseIndex }) => phaseIndex === phase)).slice(0, keepBest),
  );
  return new Set([...neededCheckpoints(job), ...best]);
}
