/** Whole jobs on the production runner over memory adapters: real recipes, real executor, a real small model. */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { JsonLog, SystemIds, systemClock } from '@preheat/adapters/system';
import { decodeSafetensors, openBundle } from '@preheat/checkpoints';
import { type JobDocument, KEYS, type ResolvedPhase } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { BASE_MODELS, baseConfig, ModelRegistry } from '@preheat/inference/model-registry';
import { JobStore, LeasedJob } from '@preheat/jobs';
import { GraderPool } from '@preheat/graders';
import type { JsonValue } from '@preheat/ports';
import { recipeNamed } from '@preheat/recipes/catalog';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { afterAll, describe, expect, it } from 'vitest';
import { type JobOutcome, runJob } from './run-job.js';
import type { RunnerDependencies } from './runner-dependencies.js';

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

const executor = createOnnxExecutor({ threads: 1, maxSessions: 32 });
afterAll(() => executor.dispose());

const grader = {
  type: 'phoneme_error_rate',
  name: 'phonemes',
  input: '{{ sample.output_text }}',
  references: '{{ item.references }}',
};

type Keys = Record<string, unknown>;

/** @param keys More hyperparameters of both phases. @param rlKeys Of the second alone. */
function phases(keys: Keys, rlKeys: Keys): ResolvedPhase[] {
  const model = baseConfig(BASE_MODELS[0] as never, loadTokenizer(letterToSoundTokenizer()));
  const resolve = (name: string, requested: Keys) => {
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
  const common = { trainingFile: 'file-train', validationFile: null };
  return [
    { type: 'supervised', algorithm: 'sft', ...common, grader: null, config: sft },
    { type: 'reinforcement', algorithm: 'grpo', ...common, trainingFile: 'file-rl', grader, config: rl },
  ];
}

async function world(keys: Keys = {}, rlKeys: Keys = {}) {
  const store = new MemoryObjectStore({ clock: systemClock });
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
    { ...request, metadata: null, method: null, phases: phases(keys, rlKeys) },
    { projectId: 'proj', keyDigest: null, bodyDigest: 'x', isRetry: false },
  );
  if (!outcome.ok) throw new Error('not created');
  return { deps, jobs, store, jobId: outcome.job.id };
}

type World = Awaited<ReturnType<typeof world>>;

async function leaseOf({ deps, jobId }: World, runnerId = 'runner-1'): Promise<LeasedJob> {
  const leased = await LeasedJob.acquire(deps, jobId, runnerId, LEASE_TTL_MS);
  if (!leased) throw new Error('the job could not be leased');
  return leased;
}

async function documentOf({ jobs, jobId }: World): Promise<JobDocument> {
  return (await jobs.read(jobId))?.document as JobDocument;
}

async function finalWeights(at: World): Promise<Map<string, Float32Array>> {
  const document = await documentOf(at);
  const bundle = await openBundle(at.store, document.resume?.prefix as string);
  const file = bundle.has('model.safetensors') ? 'model.safetensors' : 'adapter_model.safetensors';
  const { tensors } = decodeSafetensors(await bundle.read(file));
  return new Map([...tensors].map(([name, { data }]) => [name, data]));
}

/** Pipeline steps of the metrics events, oldest first. */
async function metricSteps(at: World): Promise<unknown[]> {
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  return events.filter((event) => event.type === 'metrics').map((event) => event.data?.['pipeline_step']);
}

/** Lets the runner log `step`, then gives its job away behind its back, as a sweeper does once a lease has run out. */
function takeOverAfter(at: World, leased: LeasedJob, step: number): void {
  const { record, checkpoint } = leased;
  let takeOver: Promise<unknown> | undefined;
  leased.record = (event) => {
    record.call(leased, event);
    if (event.data?.['pipeline_step'] !== step) return;
    takeOver = leased
      .heartbeat()
      .then(() => at.jobs.documents.update(KEYS.job(at.jobId), (job) => ({ ...job, state: 'queued', lease: null })));
  };
  leased.checkpoint = async (...point) => {
    await takeOver;
    await checkpoint.call(leased, ...point);
  };
}

const never = new AbortController().signal;

/** Runs the job by runners each of which is stopped after one step. */
async function runStopping(at: World): Promise<JobOutcome> {
  for (let runner = 1; ; runner++) {
    const outcome = await runJob(at.deps, await leaseOf(at, `runner-${runner}`), AbortSignal.abort());
    if (outcome !== 'released') return outcome;
  }
}

describe('running a job', () => {
  it('trains both phases, publishes every checkpoint and ends succeeded', async () => {
    const at = await world();
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
    const document = await documentOf(at);
    expect(document).toMatchObject({
      state: 'succeeded',
      lease: null,
      fineTunedModel: expect.stringMatching(/^ft:preheat-1m:proj:demo:/),
    });
    const files = await Promise.all(document.resultFiles.map((id) => at.store.get(KEYS.fileContent(id))));
    const lines = files.map((file) => new TextDecoder().decode(file?.body).trim().split('\n'));
    expect(lines.map((of) => [of.length, of[0]?.split(',').slice(0, 2)])).toEqual([
      [7, ['step', 'train_loss']],
      [4, ['step', 'train_mean_reward']],
    ]);
    expect(document.checkpoints.map(({ step, endsPhase }) => [step, endsPhase])).toEqual([
      [4, false],
      [6, true],
      [8, false],
      [9, true],
    ]);
    for (const name of [...document.checkpoints.map((each) => each.model), document.fineTunedModel as string]) {
      const record = await at.deps.models.find('proj', name);
      expect(record && (await at.deps.models.load(record)).tensors.size).toBeGreaterThan(0);
    }
    expect(await metricSteps(at)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('exports a bundle for other programs, with the proof that serving computes what was trained', async () => {
    const at = await world();
    await runJob(at.deps, await leaseOf(at), never);
    const document = await documentOf(at);
    const record = await at.deps.models.find('proj', document.fineTunedModel as string);
    const bundle = await openBundle(at.store, record?.prefix as string);
    expect(bundle.names).toEqual([
      'config.json',
      'generation_config.json',
      'model.onnx',
      'model.safetensors',
      'parity.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const json = async (name: string) => JSON.parse(new TextDecoder().decode(await bundle.read(name)));
    // transformers 5 reads the rotation from here only.
    expect((await json('config.json')).rope_parameters).toEqual({ rope_theta: 10_000, rope_type: 'default' });
    const parity = await json('parity.json');
    expect(parity).toMatchObject({ rows: 8, bound: 1e-3 });
    expect(parity.tokens).toBeGreaterThan(20);
    expect(parity.maxLogProbDifference).toBeLessThan(1e-4);
  });

  it('equals the straight run bit for bit after being stopped at every step', async () => {
    const [straight, stopped] = [await world(), await world()];
    await runJob(straight.deps, await leaseOf(straight), never);
    expect(await runStopping(stopped)).toBe('succeeded');
    expect(await finalWeights(stopped)).toEqual(await finalWeights(straight));
    expect(await metricSteps(stopped)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await documentOf(stopped)).trainedTokens).toBe((await documentOf(straight)).trainedTokens);
  });

  it('trains an adapter through both phases, keeps no copy of its base, and resumes it bit for bit', async () => {
    const adapter = { lora_rank: 4, lora_dropout: 0.1, learning_rate: 0.01 };
    const [straight, stopped] = [await world(adapter), await world(adapter)];
    expect(await runJob(straight.deps, await leaseOf(straight), never)).toBe('succeeded');
    expect(await runStopping(stopped)).toBe('succeeded');
    expect(await finalWeights(stopped)).toEqual(await finalWeights(straight));
    const { checkpoints, fineTunedModel } = await documentOf(straight);
    const named = async (name: string) => {
      const record = await straight.deps.models.find('proj', name);
      if (!record) throw new Error(`there is no ${name}`);
      return record;
    };
    for (const name of [...checkpoints.map(({ model }) => model), fineTunedModel as string]) {
      const bundle = await openBundle(straight.store, (await named(name)).prefix);
      expect(bundle.names).toContain('adapter_model.safetensors');
      expect(bundle.names).not.toContain('model.safetensors');
      // The second phase goes on with the adapter of the first.
      expect((await straight.deps.models.adapterOf(await named(name)))?.base.name).toBe('preheat-1m');
    }
    const tensorsOf = async (name: string) => (await straight.deps.models.load(await named(name))).tensors;
    const [base, tuned] = [await tensorsOf('preheat-1m'), await tensorsOf(fineTunedModel as string)];
    expect(tuned.get('model.embed_tokens.weight')).toEqual(base.get('model.embed_tokens.weight'));
    const projection = 'model.layers.0.self_attn.q_proj.weight';
    expect(tuned.get(projection)?.data).not.toEqual(base.get(projection)?.data);
  });

  it.each<[string, Keys]>([
    ['the whole model', {}],
    ['an adapter', { lora_rank: 4 }],
  ])('holding %s near the start of the phase, stores no copy of it and resumes bit for bit', async (_, keys) => {
    const rlKeys = { kl_beta: 0.5, learning_rate: 0.01 };
    const [straight, stopped] = [await world(keys, rlKeys), await world(keys, rlKeys)];
    await runJob(straight.deps, await leaseOf(straight), never);
    expect(await runStopping(stopped)).toBe('succeeded');
    expect(await finalWeights(stopped)).toEqual(await finalWeights(straight));
    const { checkpoints } = await documentOf(straight);
    const warmedUp = checkpoints.find(({ endsPhase }) => endsPhase);
    const ofSecond = checkpoints.filter(({ phaseIndex }) => phaseIndex === 1);
    expect(ofSecond).toHaveLength(2);
    for (const { prefix } of ofSecond) {
      const bundle = await openBundle(straight.store, prefix);
      const start = JSON.parse(new TextDecoder().decode(await bundle.read('phase-start.json')));
      expect(start).toMatchObject({ prefix: warmedUp?.prefix, name: warmedUp?.model });
      const { tensors } = decodeSafetensors(await bundle.read('optimizer.safetensors'));
      expect([...tensors.keys()].filter((name) => !/^(first|second)_moment\./.test(name))).toEqual([]);
    }
  });

  it('repeats the steps a dead runner had not checkpointed, without logging them twice', async () => {
    const [straight, died] = [await world(), await world()];
    await runJob(straight.deps, await leaseOf(straight), never);
    const doomed = await leaseOf(died);
    takeOverAfter(died, doomed, 7);
    expect(await runJob(died.deps, doomed, never)).toBe('lost');
    expect((await documentOf(died)).resume?.step).toBe(6);
    expect(await runJob(died.deps, await leaseOf(died, 'runner-2'), never)).toBe('succeeded');
    expect(await finalWeights(died)).toEqual(await finalWeights(straight));
    expect(await metricSteps(died)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('ends a phase early by its condition, and holds the next to what the job started from', async () => {
    const referenceKl = async (reference: 'phase_start' | 'job_start') => {
      const at = await world({ learning_rate: 0.01 }, { kl_beta: 0.5 });
      const advance = { valid_loss_at_most: 1e6 };
      await at.jobs.documents.update(KEYS.job(at.jobId), ({ phases: [sft, rl], ...job }) => ({
        ...job,
        phases: [
          { ...sft!, validationFile: 'file-train', advance, config: { ...sft!.config, eval_interval: 2 } },
          { ...rl!, reference },
        ],
      }));
      expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
      const document = await documentOf(at);
      expect(document.checkpoints.map(({ step, endsPhase }) => [step, endsPhase])).toEqual([
        [2, true],
        [4, false],
        [5, true],
      ]);
      const events = await at.jobs.eventsSince(document, 0, 1000);
      const [, second, third] = events.filter(({ type }) => type === 'metrics');
      expect(second?.message).toContain('the phase ends: the validation loss reached');
      return Number(third?.data?.['reference_kl']);
    };
    expect(await referenceKl('phase_start')).toBeLessThan(1e-6);
    expect(await referenceKl('job_start')).toBeGreaterThan(1e-3);
  });

  it('goes on from its own checkpoint although a user deleted the name of it', async () => {
    const at = await world();
    expect(await runJob(at.deps, await leaseOf(at), AbortSignal.abort())).toBe('released');
    const { resume } = await documentOf(at);
    expect(await at.deps.models.remove('proj', resume?.model as string)).toBe(true);
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
  });

  it('tries again when the store refuses a checkpoint, instead of giving up the job', async () => {
    const at = await world();
    const put = at.store.put.bind(at.store);
    at.store.put = async (key, ...rest) =>
      key.endsWith('/step-4/manifest.json') ? { ok: false, reason: 'conflict' } : put(key, ...rest);
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('attempt-failed');
    expect(await documentOf(at)).toMatchObject({ state: 'queued', attempts: 1, resume: null });
    at.store.put = put;
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
  });

  it('fails the job at once when its data are gone', async () => {
    const at = await world();
    await at.store.delete(KEYS.fileContent('file-rl'));
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('failed');
    expect(await documentOf(at)).toMatchObject({ attempts: 0, error: { message: expect.stringMatching(/file-rl/) } });
  });

  it('tries again what may pass, and fails the job once it has not passed too often', async () => {
    const at = await world();
    const { get } = at.store;
    at.store.get = (key, options) =>
      key === KEYS.fileContent('file-rl')
        ? Promise.reject(new Error(`${key} is out of reach`))
        : get.call(at.store, key, options);
    for (let attempt = 0; attempt < 5; attempt++) {
      const state = await runJob(at.deps, await leaseOf(at), never);
      expect(state).toBe(attempt < 4 ? 'attempt-failed' : 'failed');
    }
    const document = await documentOf(at);
    expect(document.error?.message).toMatch(/file-rl/);
    const events = await at.jobs.eventsSince(document, 0, 1000);
    const kinds = events.map(({ data }) => data?.['kind']).filter((kind) => String(kind).endsWith('failed'));
    expect(kinds).toEqual([...Array<string>(4).fill('attempt_failed'), 'failed']);
  });
});
