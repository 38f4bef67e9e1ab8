/** Whole jobs on the production runner over memory adapters: real recipes, real executor, a real small model. */
import { createHash } from 'node:crypto';
import { decodeSafetensors, openBundle } from '@preheat/checkpoints';
import { KEYS, type ResolvedPhase } from '@preheat/contracts';
import { type LeasedJob, ThroughputLedger, toFineTuningJob } from '@preheat/jobs';
import { type AnyRecipe, RUNTIMES } from '@preheat/recipes';
import { afterAll, describe, expect, it } from 'vitest';
import { processMemory } from './peak-memory.js';
import { runJob } from './run-job.js';
import {
  documentOf,
  executor,
  finalWeights,
  leaseOf,
  metricSteps,
  never,
  phases,
  runUntilStep,
  type World,
  world,
} from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

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

async function runStoppedAtEveryStep(at: World): Promise<void> {
  let outcome = await runUntilStep(at, 'runner-1');
  for (let restart = 2; outcome === 'released'; restart++) outcome = await runUntilStep(at, `runner-${restart}`);
  // The last step ended the phase before there was anything to stop, but for the export.
  expect(outcome).toBe('succeeded');
}

/** Loses one attempt after the other, none of which reaches a checkpoint. */
async function loseAttempts(at: World, count: number): Promise<void> {
  for (let attempt = 1; attempt <= count; attempt++) {
    const leased = await leaseOf(at, `lost-${attempt}`);
    await leased.attemptFailed({ code: 'attempt_failed', message: 'the device was lost', param: null });
    // Else the next one waits.
    if (attempt < count) await at.jobs.resume('proj', at.jobId);
  }
}

async function weightsOf(at: World, name: string | null | undefined): Promise<unknown> {
  const record = await at.deps.models.find('proj', name as string);
  const { tensors } = await at.deps.models.load(record!);
  return [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('running a job', () => {
  it('trains both phases, publishes every checkpoint and ends succeeded', async () => {
    const at = await world();
    expect(await runJob({ ...at.deps, memory: processMemory }, await leaseOf(at), never)).toBe('succeeded');
    const document = await documentOf(at);
    expect(document).toMatchObject({
      state: 'succeeded',
      lease: null,
      fineTunedModel: expect.stringMatching(/^ft:preheat-1m:proj:demo:/),
    });
    const events = await at.jobs.eventsSince(document, 0, 1000);
    const memory = events.filter(({ type }) => type === 'metrics').map(({ data }) => data?.['peak_memory_bytes']);
    expect(memory).toEqual(Array.from({ length: 9 }, () => expect.toSatisfy((bytes: number) => bytes > 2 ** 20)));
    const starts = events.filter(({ data }) => data?.['kind'] === 'first_step');
    expect(starts.map(({ data }) => data)).toMatchObject([{ cold: false, step_ms: expect.any(Number) }]);
    // The speed of either phase is there for later estimates; together they are what the job used.
    const speeds = new ThroughputLedger(at.deps);
    const kind = { runnerClass: 'local', model: 'preheat-1m', adapter: false };
    const [sft] = await speeds.read('proj', { ...kind, algorithm: 'sft' });
    const [rl] = await speeds.read('proj', { ...kind, algorithm: 'grpo' });
    expect([sft?.steps, rl?.steps]).toEqual([6, 3]);
    expect((sft?.tokens ?? 0) + (rl?.tokens ?? 0)).toBe(document.trainedTokens);
    expect((sft?.trainMs ?? 0) + (rl?.trainMs ?? 0)).toBe(document.resume?.usage?.trainMs);
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
    await runStoppedAtEveryStep(stopped);
    expect(await finalWeights(stopped)).toEqual(await finalWeights(straight));
    expect(await metricSteps(stopped)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await documentOf(stopped)).trainedTokens).toBe((await documentOf(straight)).trainedTokens);
  });

  it('trains an adapter through both phases, keeps no copy of its base, and resumes it bit for bit', async () => {
    const adapter = { lora_rank: 4, lora_dropout: 0.1, learning_rate: 0.01 };
    const [straight, stopped] = [await world(adapter), await world(adapter)];
    expect(await runJob(straight.deps, await leaseOf(straight), never)).toBe('succeeded');
    await runStoppedAtEveryStep(stopped);
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

  it.each<[string, Record<string, unknown>]>([
    ['the whole model', {}],
    ['an adapter', { lora_rank: 4 }],
  ])('holding %s near the start of the phase, stores no copy of it and resumes bit for bit', async (_, keys) => {
    const rlKeys = { kl_beta: 0.5, learning_rate: 0.01 };
    const same = () => world({}, { phases: phases(keys, false, rlKeys) });
    const [straight, stopped] = [await same(), await same()];
    await runJob(straight.deps, await leaseOf(straight), never);
    await runStoppedAtEveryStep(stopped);
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

  it.each<[string, object]>([
    ['the whole model', {}],
    ['an adapter', { lora_rank: 4 }],
  ])('publishes the moving average of %s where one is kept, and resumes it bit for bit', async (_, keys) => {
    const same = () => world({ ...keys, ema_decay: 0.6, learning_rate: 0.01 });
    const [straight, stopped] = [await same(), await same()];
    expect(await runJob(straight.deps, await leaseOf(straight), never)).toBe('succeeded');
    await runStoppedAtEveryStep(stopped);
    expect(await finalWeights(stopped)).toEqual(await finalWeights(straight));
    const [warmedUp] = (await documentOf(straight)).checkpoints.filter(({ endsPhase }) => endsPhase);
    const bundle = await openBundle(straight.store, warmedUp?.prefix as string);
    const tensors = async (name: string) => decodeSafetensors(await bundle.read(name)).tensors;
    const training = [...(await tensors('optimizer.safetensors'))].filter(([name]) => name.startsWith('last.'));
    expect(training.length).toBeGreaterThan(0);
    const file = 'lora_rank' in keys ? 'adapter_model.safetensors' : 'model.safetensors';
    const digest = ({ data }: { data: NodeJS.ArrayBufferView }) => createHash('sha256').update(data).digest('hex');
    const published = [...(await tensors(file)).values()].map(digest);
    expect(published).toHaveLength(training.length);
    for (const [name, tensor] of training) expect(published, name).not.toContain(digest(tensor));
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
      const at = await world({}, { phases: phases({ learning_rate: 0.01 }, false, { kl_beta: 0.5 }) });
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

  it('saves and tells of progress by the steps that a recipe takes, where they are fewer than planned', async () => {
    const at = await world(
      {},
      { phases: phases({ max_steps: 20, n_epochs: 20, checkpoint_interval: 10 }).slice(0, 1) },
    );
    const recipe = RUNTIMES['sft'] as AnyRecipe;
    const step: AnyRecipe['step'] = async (state, ctx) => {
      const result = await recipe.step(state, ctx);
      return { ...result, done: result.metrics['step'] === 4, metrics: { ...result.metrics, total_steps: 4 } };
    };
    const leased = await leaseOf(at);
    const told: unknown[] = [];
    const { setProgress } = leased;
    leased.setProgress = (progress) => {
      told.push([progress.phaseStep, progress.phaseSteps, progress.totalSteps]);
      setProgress.call(leased, progress);
    };
    expect(await runJob({ ...at.deps, recipes: { sft: { ...recipe, step } } }, leased, never)).toBe('succeeded');
    expect((await documentOf(at)).checkpoints.map(({ step: saved }) => saved)).toEqual([2, 4]);
    expect(told.at(0)).toEqual([1, 4, 4]);
  });

  it('holds an adapter on weights in fewer bits to the policy that it was, on the same weights', async () => {
    const adapted = { lora_rank: 4, lora_base_dtype: 'int8', learning_rate: 0.01 };
    const at = await world({}, { phases: phases(adapted, false, { kl_beta: 0.5 }) });
    const kl = async () => {
      const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
      return events.flatMap(({ data }) => (data?.['reference_kl'] === undefined ? [] : [Number(data['reference_kl'])]));
    };
    // Its first step of reinforcement, where policy and reference are one; then from a checkpoint, where they are not.
    expect(await runUntilStep(at, 'runner-1', 7)).toBe('released');
    expect((await kl())[0]).toBeLessThan(1e-7);
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
    const straight = await world({}, { phases: phases(adapted, false, { kl_beta: 0.5 }) });
    expect(await runJob(straight.deps, await leaseOf(straight), never)).toBe('succeeded');
    expect(await finalWeights(at)).toEqual(await finalWeights(straight));
    expect((await kl()).at(-1)).toBeGreaterThan(1e-6);
  });

  it('goes on from its own checkpoint although a user deleted the name of it', async () => {
    const at = await world();
    expect(await runUntilStep(at, 'runner-1')).toBe('released');
    const { resume } = await documentOf(at);
    await at.store.delete(KEYS.model('proj', resume?.model as string));
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
    await at.jobs.resume('proj', at.jobId);
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
  });

  it('leaves its checkpoints to be called and trained on when its runners fail for good', async () => {
    const at = await world();
    expect(await runUntilStep(at, 'runner-1', 7)).toBe('released');
    // Five to go on, and five to end with what there is.
    await loseAttempts(at, 10);
    const failed = await documentOf(at);
    expect(failed).toMatchObject({ state: 'failed', fineTunedModel: null, resume: { step: 7 } });
    expect(failed.checkpoints.map(({ step }) => step)).toEqual([4, 6, 7]);
    for (const { model } of failed.checkpoints) {
      const record = await at.deps.models.findCallable('proj', model);
      expect(record && (await at.deps.models.load(record)).tensors.size).toBeGreaterThan(0);
    }
  });

  it('ends well with its best checkpoint when its runners fail for good after it, and says so', async () => {
    const at = await world();
    expect(await runUntilStep(at, 'runner-1', 7)).toBe('released');
    const { resume: saved } = await documentOf(at);
    await loseAttempts(at, 5);
    expect(await documentOf(at)).toMatchObject({
      state: 'queued',
      error: null,
      endedEarly: { reason: 'attempt_failed' },
    });
    await at.jobs.resume('proj', at.jobId);
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
    const job = await documentOf(at);
    const shown = toFineTuningJob(job, 0);
    expect(shown).toMatchObject({
      status: 'succeeded',
      error: null,
      ended_early: { reason: 'attempt_failed', limit: 5, used: 5, step: 7, checkpoint: saved?.model },
      // What no checkpoint holds was never counted.
      usage_metrics: {
        steps: 7,
        trained_tokens: saved?.trainedTokens,
        train_seconds: (saved?.usage?.trainMs ?? 0) / 1000,
      },
    });
    expect(job.resume).toEqual(saved);
    const { events } = await at.jobs.events(job, { limit: 20 });
    const kinds = events.map(({ data }) => data?.['kind']);
    expect(kinds).toEqual(expect.arrayContaining(['attempts_used_up', 'limit_reached', 'succeeded']));
    expect(await weightsOf(at, job.fineTunedModel)).toEqual(await weightsOf(at, saved?.model));
  });

  it('fails the job at once when its data are gone', async () => {
    const at = await world();
    await at.store.delete(KEYS.fileContent('file-rl'));
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('failed');
    expect(await documentOf(at)).toMatchObject({ attempts: 0, error: { message: expect.stringMatching(/file-rl/) } });
  });

  it('fails the job at once when no attempt could train on its rows', async () => {
    const [, rl] = phases({});
    const config = { ...rl?.config, level_key: 'references' };
    const at = await world({}, { phases: [{ ...rl, algorithm: 'tldr-length', config } as ResolvedPhase] });
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('failed');
    const error = { message: expect.stringMatching(/"references" of a row is .*; it takes short, medium, long/) };
    expect(await documentOf(at)).toMatchObject({ attempts: 0, error });
  });

  it('tries again what may pass, and fails the job once it has not passed too often', async () => {
    const at = await world();
    const { get } = at.store;
    at.store.get = (key, options) =>
      key === KEYS.fileContent('file-rl')
        ? Promise.reject(new Error(`${key} is out of reach`))
        : get.call(at.store, key, options);
    for (let attempt = 0; attempt < 5; attempt++) {
      // Else the next one waits.
      await at.jobs.resume('proj', at.jobId);
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
