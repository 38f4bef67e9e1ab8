/** `preheat jobs create`: a job from a JSON file, from flags, or from a file with flags on top. */
import type { CreateJob, GraderSpec, Preheat } from '@preheat/sdk';
import { type Io, UsageError } from '../io.js';
import { readJson } from './json-input.js';
import { fileId } from './upload.js';

export interface CreateJobFlags {
  readonly file?: string;
  readonly model?: string;
  readonly trainingFile?: string;
  readonly validationFile?: string;
  readonly suffix?: string;
  readonly seed?: number;
  readonly metadata?: Record<string, string>;
  readonly pipeline?: string;
  readonly method?: 'supervised' | 'dpo' | 'reinforcement';
  readonly grader?: string;
  readonly hyperparameter?: Record<string, string>;
  readonly alias?: string;
  readonly gate?: string;
  readonly maxTrainSeconds?: number;
  readonly maxTokens?: number;
  readonly maxCost?: number;
  readonly priority?: number;
  readonly deadline?: number;
  readonly samples?: number;
  readonly force?: boolean;
  readonly keepBest?: number;
  readonly checkpointTtl?: number;
}

/** The request body. Paths in it, of training and validation files, those of phases included, are uploaded, once each. Throws `UsageError` when something is missing. */
export async function createJobBody(flags: CreateJobFlags, client: Preheat, io: Io): Promise<CreateJob> {
  const given = flags.file === undefined ? {} : readJson<Partial<CreateJob>>(flags.file, io);
  const method = methodOf(flags, io);
  const body: Partial<CreateJob> = {
    ...given,
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.suffix === undefined ? {} : { suffix: flags.suffix }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.metadata === undefined ? {} : { metadata: flags.metadata }),
    ...(flags.pipeline === undefined
      ? {}
      : { pipeline: readJson<NonNullable<CreateJob['pipeline']>>(flags.pipeline, io) }),
    ...(method === undefined ? {} : { method }),
    ...publishOf(flags, io),
    ...limitsOf(flags, given),
    ...preflightOf(flags, given),
  };
  const training = flags.trainingFile ?? body.training_file;
  const validation = flags.validationFile ?? body.validation_file;
  if (body.model === undefined) throw new UsageError('a job needs a model: --model, or "model" in --file');
  if (training === undefined) {
    throw new UsageError('a job needs training rows: --training-file <path or id>, or "training_file" in --file');
  }
  const uploaded = new Map<unknown, Promise<string>>();
  const idOf = (file: unknown): Promise<string> => {
    const known = uploaded.get(file) ?? fileId(file, 'fine-tune', client, io);
    uploaded.set(file, known);
    return known;
  };
  return {
    ...body,
    model: body.model,
    training_file: await idOf(training),
    ...(validation ? { validation_file: await idOf(validation) } : {}),
    ...(Array.isArray(body.pipeline) ? { pipeline: await withFileIds(body.pipeline, idOf) } : {}),
  };
}

type Pipeline = NonNullable<CreateJob['pipeline']>;

/** Phases may train on files of their own. */
async function withFileIds(pipeline: Pipeline, idOf: (file: unknown) => Promise<string>): Promise<Pipeline> {
  const phases: Pipeline = [];
  for (const phase of pipeline) {
    const { training_file: training, validation_file: validation } = phase;
    phases.push({
      ...phase,
      ...(training ? { training_file: await idOf(training) } : {}),
      ...(validation ? { validation_file: await idOf(validation) } : {}),
    });
  }
  return phases;
}

function publishOf({ alias, gate }: CreateJobFlags, io: Io): Pick<Partial<CreateJob>, 'publish'> {
  if (alias === undefined) {
    if (gate !== undefined) throw new UsageError('--gate decides whether an alias moves: name it with --alias');
    return {};
  }
  return { publish: { alias, ...(gate === undefined ? {} : { gate: readJson<Gate>(gate, io) }) } };
}

type Gate = NonNullable<NonNullable<CreateJob['publish']>['gate']>;

/** Flags over what the file says, key by key. */
function limitsOf(
  flags: CreateJobFlags,
  given: Partial<CreateJob>,
): Pick<CreateJob, 'budget' | 'scheduling' | 'retention'> {
  const budget = defined({
    max_train_seconds: flags.maxTrainSeconds,
    max_tokens: flags.maxTokens,
    max_cost: flags.maxCost,
  });
  const scheduling = defined({ priority: flags.priority, deadline: flags.deadline });
  const retention = defined({ keep_best: flags.keepBest, checkpoint_ttl_seconds: flags.checkpointTtl });
  return {
    ...(Object.keys(retention).length > 0 && { retention: { ...given.retention, ...retention } }),
    ...(Object.keys(budget).length > 0 && { budget: { ...given.budget, ...budget } }),
    ...(Object.keys(scheduling).length > 0 && { scheduling: { ...given.scheduling, ...scheduling } }),
  };
}

function preflightOf({ samples, force }: CreateJobFlags, given: Partial<CreateJob>): Pick<CreateJob, 'preflight'> {
  if (samples === undefined && force === undefined) return {};
  const wishes = { ...(samples === undefined ? {} : { sample_rows: samples }), ...(force ? { force } : {}) };
  return { preflight: { ...given.preflight, ...wishes } };
}

function defined(values: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function methodOf(flags: CreateJobFlags, io: Io): CreateJob['method'] | undefined {
  const type = flags.method ?? (flags.grader ? 'reinforcement' : flags.hyperparameter ? 'supervised' : undefined);
  if (type === undefined) return undefined;
  if (flags.pipeline !== undefined) {
    throw new UsageError(
      '--pipeline already says what each phase does: leave out --method, --grader, --hyperparameter',
    );
  }
  const hyperparameters = Object.fromEntries(
    Object.entries(flags.hyperparameter ?? {}).map(([key, text]) => [key, numberOrText(text)]),
  );
  if (type === 'supervised') return { type, supervised: { hyperparameters } };
  if (type === 'dpo') return { type, dpo: { hyperparameters } };
  if (flags.grader === undefined) throw new UsageError('reinforcement needs a grader: --grader <file.json>');
  return { type, reinforcement: { grader: readJson<GraderSpec>(flags.grader, io), hyperparameters } };
}

function numberOrText(text: string): number | string {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
}
