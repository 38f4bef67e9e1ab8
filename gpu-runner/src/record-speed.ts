/** After a phase: how fast it trained, for the estimates of later jobs of its kind. No job waits for it or fails with it. */
import { type CheckpointRecord, LOCAL_RUNNER_CLASS } from '@preheat/contracts';
import { type LeasedJob, ThroughputLedger } from '@preheat/jobs';
import type { RunnerDependencies } from './runner-dependencies.js';

/** @param from What this runner went on from. */
export async function recordSpeed(
  deps: Pick<RunnerDependencies, 'store' | 'ids' | 'clock' | 'log' | 'runnerClass'>,
  { job }: LeasedJob,
  from: CheckpointRecord | null,
): Promise<void> {
  const last = job.resume;
  const phase = last && job.phases[last.phaseIndex];
  if (!last?.usage || !phase) return;
  const { model, algorithm, config } = { model: job.model, ...phase };
  const adapter = Number(config['lora_rank'] ?? 0) > 0;
  const kind = { runnerClass: deps.runnerClass ?? LOCAL_RUNNER_CLASS, model, algorithm, adapter };
  const sample = {
    jobId: job.id,
    measuredAtMs: deps.clock.nowMs(),
    tokens: last.trainedTokens - (from?.trainedTokens ?? 0),
    trainMs: last.usage.trainMs - (from?.usage?.trainMs ?? 0),
    steps: last.step - (from?.step ?? 0),
  };
  if (sample.steps <= 0 || sample.trainMs <= 0) return;
  try {
    await new ThroughputLedger(deps).add(job.projectId, kind, sample);
  } catch (error) {
    deps.log.warn('the speed of a phase could not be recorded', { jobId: job.id, error });
  }
}
