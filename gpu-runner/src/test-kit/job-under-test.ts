/** A whole job on the production runner over memory adapters: real recipes, real executor, a real small model. */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { JsonLog, SystemIds, systemClock } from '@preheat/adapters/system';
import { decodeSafetensors, openBundle } from '@preheat/checkpoints';
import { type JobDocument, KEYS, type ResolvedPhase } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { GraderPool } from '@preheat/graders';
import { BASE_MODELS, ModelRegistry } from '@preheat/inference/model-registry';
import { baseConfig } from '@preheat/inference/stored-models';
import { JobStore, LeasedJob, type NewJob } from '@preheat/jobs';
import type { JsonValue, ObjectStore } from '@preheat/ports';
import { recipeNamed } from '@preheat/recipes/catalog';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { type JobOutcome, runJob } from '../run-job.js';
import type { RunnerDependencies } from '../runner-dependencies.js';

const LEASE_TTL_MS = 60_000;
const WORDS = [
  'cat',
  'dog',
  'bit',
  'tap',
  'pat',
  'got',
  'tag',
  'bad',
  'big',
  'dip',
  'pod',
  'cab',
  'bag',
  'pig',
  'tip',
  'cod',
];
const SOUND: Record<string, string> = { c: 'K', a: 'AE', t: 'T', d: 'D', o: 'AA', g: 'G', b: 'B', i: 'IH', p: 'P' };
const say = (word: string) => [...word].map((letter) => SOUND[letter]).join(' ');

/** Each test file disposes of the one it uses. */
export const executor = createOnnxExecutor({ threads: 1, maxSessions: 32 });

const grader = {
  type: 'phoneme_error_rate',
  name: 'phonemes',
  input: '{{ sample.output_text }}',
  references: '{{ item.references }}',
};

/** Every answer earns something else, so that each RL step has something to learn from. */
const similarity = {
  type: 'text_similarity',
  name: 'similarity',
  input: '{{ sample.output_text }}',
  reference: 'K AE T',
  evaluation_metric: 'fuzzy_match',
};

type Keys = Record<string, unknown>;

/**
 * @param keys More hyperparameters of both phases.
 * @param isValidated Whether each phase has validation rows.
 * @param rlKeys More of the second phase alone.
 */
export function phases(keys: Keys, isValidated = false, rlKeys: Keys = {}): ResolvedPhase[] {
  const model = baseConfig(BASE_MODELS[0] as never, loadTokenizer(letterToSoundTokenizer()));
  const resolve = (name: string, requested: Record<string, unknown>) => {
    const resolved = recipeNamed(name)?.resolveConfig({ ...requested, ...keys }, { rows: WORDS.length, model });
    if (!resolved?.ok) throw new Error(JSON.stringify(resolved));
    return resolved.value as Record<string, unknown>;
  };
  const sft = resolve('sft', { batch_size: 8, max_steps: 6, n_epochs: 3, checkpoint_interval: 4 });
  const rl = resolve('grpo', {
    batch_size: 4,
    max_steps: 3,
    group_size: 4,
    max_completion_tokens: 8,
    checkpoint_interval: 2,
    ...rlKeys,
  });
  const files = (name: string) => ({ trainingFile: name, validationFile: isValidated ? name : null });
  return [
    { type: 'supervised', algorithm: 'sft', ...files('file-train'), grader: null, config: sft },
    {
      type: 'reinforcement',
      algorithm: 'grpo',
      ...files('file-rl'),
      grader: isValidated ? similarity : grader,
      config: rl,
    },
  ];
}

/**
 * A queued job of two phases.
 * @param keys More hyperparameters of both phases.
 * @param more More of the job.
 */
export async function world(
  keys: Record<string, unknown> = {},
  more: Partial<NewJob> = {},
  store: ObjectStore = new MemoryObjectStore({ clock: systemClock }),
) {
  const queue = new MemoryWorkQueue<JsonValue>({ clock: systemClock });
  const ids = new SystemIds({ clock: systemClock });
  const log = JsonLog.open({ level: 'error', write: () => undefined });
  const jobs = new JobStore({ store, queue, clock: systemClock, ids, log });
  const sft = WORDS.map((word) => ({
    messages: [
      { role: 'user', content: word },
      { role: 'assistant', content: say(word) },
    ],
  }));
  const rl = WORDS.map((word) => ({ messages: [{ role: 'user', content: word }], references: [say(word)] }));
  const lines = (rows: object[]) => new TextEncoder().encode(rows.map((row) => JSON.stringify(row)).join('\n'));
  await store.put(KEYS.fileContent('file-train'), lines(sft));
  await store.put(KEYS.fileContent('file-rl'), lines(rl));
  const models = new ModelRegistry(store);
  const deps: RunnerDependencies = {
    runnerId: 'runner-1',
    store,
    queue,
    jobs,
    models,
    executor,
    graders: new GraderPool({ services: {}, clock: systemClock }),
    clock: systemClock,
    ids,
    log,
    leaseTtlMs: LEASE_TTL_MS,
    rolloutWorkers: 1,
  };
  const request = { model: 'preheat-1m', trainingFile: 'file-train', validationFile: null, suffix: 'demo', seed: 3 };
  const outcome = await jobs.create(
    { ...request, metadata: null, method: null, phases: phases(keys), ...more },
    { projectId: 'proj', keyDigest: null, bodyDigest: 'x', isRetry: false },
  );
  if (!outcome.ok) throw new Error('not created');
  return { deps, jobs, store, jobId: outcome.job.id };
}

export type World = Awaited<ReturnType<typeof world>>;

export async function leaseOf({ deps, jobId }: World, runnerId = 'runner-1'): Promise<LeasedJob> {
  const leased = await LeasedJob.acquire(deps, jobId, runnerId, LEASE_TTL_MS);
  if (!leased) throw new Error('the job could not be leased');
  return leased;
}

/** Runs until a step of at least this number is logged, then is told to stop. */
export async function runUntilStep(at: World, runnerId: string, step = 1): Promise<JobOutcome> {
  const leased = await leaseOf(at, runnerId);
  const shutdown = new AbortController();
  const { record } = leased;
  leased.record = (event) => {
    record.call(leased, event);
    if (event.type === 'metrics' && Number(event.data?.['pipeline_step']) >= step) shutdown.abort('SIGTERM');
  };
  return runJob(at.deps, leased, shutdown.signal);
}

export async function documentOf({ jobs, jobId }: World): Promise<JobDocument> {
  return (await jobs.read(jobId))?.document as JobDocument;
}

export async function finalWeights(at: World): Promise<Map<string, Float32Array>> {
  const document = await documentOf(at);
  const bundle = await openBundle(at.store, document.resume?.prefix as string);
  const file = bundle.has('model.safetensors') ? 'model.safetensors' : 'adapter_model.safetensors';
  const { tensors } = decodeSafetensors(await bundle.read(file));
  return new Map([...tensors].map(([name, { data }]) => [name, data]));
}

/** Pipeline steps of the metrics events, oldest first. */
export async function metricSteps(at: World): Promise<unknown[]> {
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  return events.filter((event) => event.type === 'metrics').map((event) => event.data?.['pipeline_step']);
}

/** A process that nobody stops. */
export const never: AbortSignal = AbortSignal.any([]);
