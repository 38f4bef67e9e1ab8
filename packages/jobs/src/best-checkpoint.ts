/** Which checkpoint a job ends with when it may not train to its end. */
import type { CheckpointRecord } from '@preheat/contracts';

/**
 * Of the last phase that has one: the checkpoint with the best validation metric, the latest of equals; where no metric was
 * measured, the latest. Undefined when there is none at all.
 */
export function bestCheckpoint(checkpoints: readonly CheckpointRecord[]): CheckpointRecord | undefined {
  const last = checkpoints.at(-1);
  const measured = checkpoints.filter((one) => one.phaseIndex === last?.phaseIndex && typeof one.quality === 'number');
  const best = Math.max(...measured.map(({ quality }) => quality ?? 0));
  return measured.findLast(({ quality }) => quality === best) ?? last;
}
