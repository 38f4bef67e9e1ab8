/** The public objects of the OpenAI wire, derived from stored documents. */
import {
  type CheckpointRecord,
  type FineTuningJob,
  type FineTuningJobCheckpoint,
  type FineTuningJobEvent,
  guardsOf,
  type JobDocument,
  retentionOf,
  type StoredEvent,
} from '@preheat/contracts';
import { bestCheckpoint } from './best-checkpoint.js';

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** `ft:<base>:<project>:<suffix>:<id>`, known as soon as the job is. Of a fine-tune's fine-tune, the base is the same. */
export function fineTunedModelName(job: Pick<JobDocument, 'model' | 'projectId' | 'suffix' | 'id'>): string {
  const base = /^ft:([^:]+):/.exec(job.model)?.[1] ?? job.model;
  return `ft:${base}:${job.projectId}:${job.suffix ?? ''}:${uniquePart(job.id)}`;
}

/** `ft:…:ckpt-step-<step>`, with steps counted over the whole pipeline. */
export function checkpointModelName(
  job: Pick<JobDocument, 'model' | 'projectId' | 'suffix' | 'id'>,
  step: number,
): string {
  return `${fineTunedModelName(job)}:ckpt-step-${step}`;
}

/** The project in the name of a fine-tuned model or a checkpoint; undefined for other names. */
export function projectOfModel(name: string): string | undefined {
  return /^ft:.+:([A-Za-z0-9_-][A-Za-z0-9_.-]*):[^:]*:[^:]+$/.exec(name.replace(/:ckpt-step-[0-9]+$/, ''))?.[1];
}

/** What the names of things that belong to a job share with its id. */
export function uniquePart(jobId: string): string {
  return jobId.slice(jobId.indexOf('-') + 1);
}

/** @param queue Where it stands, when it waits for a runner. */
export function toFineTuningJob(job: JobDocument, nowMs: number, queue: FineTuningJob['queue'] = null): FineTuningJob {
  const isRunning = job.state === 'running' || job.state === 'pausing';
  const isLastPhase = job.progress?.phaseIndex === job.phases.length - 1;
  const eta = isRunning && isLastPhase ? (job.progress?.etaSeconds ?? null) : null;
  return {
    object: 'fine_tuning.job',
    id: job.id,
    model: job.model,
    created_at: seconds(job.createdAtMs),
    finished_at: job.finishedAtMs === null ? null : seconds(job.finishedAtMs),
    estimated_finish: eta === null ? null : seconds(nowMs) + Math.ceil(eta),
    fine_tuned_model: job.fineTunedModel,
    organization_id: job.projectId,
    status: job.state,
    training_file: job.trainingFile,
    validation_file: job.validationFile,
    result_files: job.resultFiles,
    trained_tokens: job.trainedTokens,
    seed: job.seed,
    hyperparameters: supervisedHyperparameters(job),
    method: job.method,
    error: job.error,
    integrations: null,
    metadata: job.metadata,
    user_provided_suffix: job.suffix,
    eval_id: job.evalId ?? null,
    publication: publicPublication(job),
    pipeline: job.phases.map((_, index) => publicPhase(job, index)),
    progress: job.progress && {
      phase: job.progress.phaseIndex,
      phase_step: job.progress.phaseStep,
      phase_steps: job.progress.phaseSteps,
      step: job.progress.step,
      total_steps: job.progress.totalSteps,
      tokens_per_second: job.progress.tokensPerSecond,
      eta_seconds: job.progress.etaSeconds,
    },
    queue,
    retention: retentionOf(job.retention),
    starts_from: publicStart(job),
    ...publicLimits(job),
  };
}

/** The extensions that say what a job may use, what it used, and whether a limit ended it. */
function publicLimits(
  job: JobDocument,
): Pick<FineTuningJob, 'budget' | 'scheduling' | 'guards' | 'usage_metrics' | 'preflight' | 'ended_early'> {
  const { limits, resume, endedEarly = null } = job;
  const { maxTrainMs = null, maxTokens = null, maxCost = null, deadlineMs = null } = limits ?? {};
  const last = endedEarly && bestCheckpoint(job.checkpoints);
  return {
    budget: {
      max_train_seconds: maxTrainMs === null ? null : maxTrainMs / 1000,
      max_tokens: maxTokens,
      max_cost: maxCost,
    },
    scheduling: { priority: job.priority ?? 0, deadline: deadlineMs === null ? null : seconds(deadlineMs) },
    guards: guardsOf(job.guards),
    usage_metrics: {
      train_seconds: (resume?.usage?.trainMs ?? 0) / 1000,
      trained_tokens: resume?.trainedTokens ?? 0,
      steps: resume?.step ?? 0,
      cost: resume?.usage?.cost ?? 0,
    },
    preflight: job.preflight ?? null,
    ended_early: endedEarly && {
      ...endedEarly,
      checkpoint_step: last?.step ?? null,
      checkpoint: last?.model ?? null,
    },
  };
}

function publicStart({ startsFrom }: JobDocument): FineTuningJob['starts_from'] {
  if (!startsFrom) return null;
  const { name, kind, ownedBy, jobId } = startsFrom;
  return { model: name, kind, owned_by: ownedBy, fine_tuning_job_id: jobId };
}

function publicPublication({ publication }: JobDocument): FineTuningJob['publication'] {
  if (!publication) return null;
  const { alias, gate, state, runId, reasons } = publication;
  return { alias, gate, status: state, eval_run_id: runId, reasons };
}

/** The deprecated top-level field: filled for supervised jobs only, as on the original wire. */
function supervisedHyperparameters(job: JobDocument): Record<string, unknown> {
  return job.method?.supervised?.hyperparameters ?? {};
}

function publicPhase(job: JobDocument, index: number): FineTuningJob['pipeline'][number] {
  const phase = job.phases[index] as JobDocument['phases'][number];
  return {
    type: phase.type,
    algorithm: phase.algorithm,
    training_file: phase.trainingFile,
    validation_file: phase.validationFile,
    ...(phase.grader === null ? {} : { grader: phase.grader }),
    hyperparameters: phase.config,
    ...(phase.advance ? { advance: phase.advance } : {}),
    ...(phase.type !== 'supervised' ? { reference: phase.reference ?? 'phase_start' } : {}),
    status: phaseStatus(job, index),
    model: lastOfPhase(job, index)?.model ?? null,
  };
}

function lastOfPhase(job: JobDocument, index: number): CheckpointRecord | undefined {
  return job.checkpoints.findLast((checkpoint) => checkpoint.phaseIndex === index);
}

function phaseStatus(job: JobDocument, index: number): FineTuningJob['pipeline'][number]['status'] {
  if (lastOfPhase(job, index)?.endsPhase) return 'succeeded';
  const current = job.progress?.phaseIndex ?? 0;
  if (index > current) return job.state === 'succeeded' ? 'skipped' : 'pending';
  if (job.state === 'succeeded') return 'succeeded';
  if (job.state === 'failed') return 'failed';
  if (job.state === 'cancelled') return 'cancelled';
  return job.progress === null ? 'pending' : 'running';
}

/** The id carries the sequence number, so that `after=<id>` needs no look-up. */
export function toFineTuningJobEvent(job: Pick<JobDocument, 'id'>, event: StoredEvent): FineTuningJobEvent {
  return {
    object: 'fine_tuning.job.event',
    id: `ftevent-${uniquePart(job.id)}-${event.sequence}`,
    created_at: seconds(event.createdAtMs),
    level: event.level,
    type: event.type,
    message: event.message,
    data: event.data,
  };
}

/** The sequence number in an event id; undefined when it is no event id. */
export function eventSequence(eventId: string): number | undefined {
  const match = /^ftevent-.+-([0-9]{1,12})$/.exec(eventId);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

export function toCheckpoint(job: Pick<JobDocument, 'id'>, record: CheckpointRecord): FineTuningJobCheckpoint {
  return {
    object: 'fine_tuning.job.checkpoint',
    id: record.id,
    created_at: seconds(record.createdAtMs),
    fine_tuning_job_id: job.id,
    fine_tuned_model_checkpoint: record.model,
    step_number: record.step,
    metrics: record.metrics,
    phase: record.phaseIndex,
    phase_step: record.phaseStep,
  };
}
