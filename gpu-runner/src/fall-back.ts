/**
 * A job whose checkpoint is damaged goes on from its newest one that is intact, read to its last byte to be sure, or
 * from its beginning. The lease ends with that: what is written again is written below another epoch's prefix.
 */
import { BundleError, findDamage } from '@preheat/checkpoints';
import type { CheckpointRecord, JobDocument, NewEvent } from '@preheat/contracts';
import type { LeasedJob } from '@preheat/jobs';
import type { RunnerDependencies } from './runner-dependencies.js';

/** The checkpoint of the job that the error is about; undefined when it is about something else. */
export function damagedCheckpoint(job: JobDocument, error: unknown): CheckpointRecord | undefined {
  const object = error instanceof BundleError ? error.damage?.object : undefined;
  return object === undefined ? undefined : job.checkpoints.find(({ prefix }) => object.startsWith(`${prefix}/`));
}

/** Gives the job back, to go on from before the damage, and says so in its log. */
export async function fallBack(
  deps: RunnerDependencies,
  leased: LeasedJob,
  damaged: CheckpointRecord,
  { damage, message }: BundleError,
): Promise<void> {
  const to = await newestIntact(deps, leased.job, damaged);
  const next = to ? `the checkpoint at step ${to.step}` : 'the beginning';
  const event: NewEvent = {
    level: 'error',
    type: 'message',
    message: `The checkpoint at step ${damaged.step} is damaged: ${message}. The job goes on from ${next}`,
    data: { kind: 'checkpoint_damaged', step: damaged.step, model: damaged.model, ...damage, from_step: to?.step ?? 0 },
  };
  await leased.fallBack(to, damaged, event);
  if (leased.job.state === 'queued') await deps.jobs.ring(leased.job);
}

async function newestIntact(
  { store, log }: RunnerDependencies,
  { checkpoints }: JobDocument,
  damaged: CheckpointRecord,
): Promise<CheckpointRecord | null> {
  const others = checkpoints.filter(({ id }) => id !== damaged.id).sort((a, b) => b.step - a.step);
  for (const checkpoint of others) {
    const damage = await findDamage(store, [checkpoint.prefix, ...(checkpoint.needs ?? [])]);
    if (!damage) return checkpoint;
    log.error('another checkpoint is damaged too', { step: checkpoint.step, error: damage });
  }
  return null;
}
