/** Pause, cancel, shutdown and limits of real jobs, at every moment of their work. */
import { KEYS } from '@preheat/contracts';
import type { LeasedJob, NewJob } from '@preheat/jobs';
import { toFineTuningJob } from '@preheat/jobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { type AtMoment, type Moment, observed } from './test-kit/at-moment.js';
import {
  documentOf,
  executor,
  finalWeights,
  leaseOf,
  metricSteps,
  never,
  phases,
  type World,
  world,
} from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const ALL_STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const validated = (): Promise<World> => world({}, { phases: phases({ eval_interval: 1 }, true) });

let straight: Map<string, Float32Array>;
beforeAll(async () => {
  const at = await validated();
  await runJob(at.deps, await leaseOf(at), never);
  straight = await finalWeights(at);
});

/** Does something once, at the first moment that fits, and notices it by a heartbeat. */
function once(leased: LeasedJob, fits: (moment: Moment) => boolean, act: () => Promise<unknown>): AtMoment {
  let isDone = false;
  return (moment) => {
    if (isDone || !fits(moment)) return undefined;
    isDone = true;
    return act().then(() => leased.heartbeat().catch(() => undefined));
  };
}

async function kindsOf(at: World): Promise<unknown[]> {
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  return events.map(({ data }) => data?.['kind']);
}

/** SFT takes six updates of one micro-batch; the seventh is the first of RL. */
const MOMENTS: readonly { when: string; fits: (moment: Moment) => boolean; safeStep: number }[] = [
  { when: 'while data are read', fits: ({ detail }) => detail === KEYS.fileContent('file-train'), safeStep: 0 },
  {
    when: 'in the gradients of an SFT step',
    fits: ({ call, count }) => call === 'accumulate' && count === 2,
    safeStep: 1,
  },
  { when: 'in the update of an SFT step', fits: ({ call, count }) => call === 'update' && count === 2, safeStep: 2 },
  {
    when: 'in rollouts',
    fits: ({ call, detail, count }) => call === 'generate' && detail === '1' && count > 2,
    safeStep: 7,
  },
  { when: 'in grading', fits: ({ call, count }) => call === 'grade' && count === 3, safeStep: 7 },
  { when: 'in the update of an RL step', fits: ({ call, count }) => call === 'update' && count === 7, safeStep: 7 },
  { when: 'in an evaluation', fits: ({ call, detail }) => call === 'generate' && detail === '0', safeStep: 7 },
  { when: 'in the save of a checkpoint', fits: ({ detail }) => detail.endsWith('/step-4/manifest.json'), safeStep: 4 },
  { when: 'in the export', fits: ({ call, detail }) => call === 'put' && detail.includes('/final/'), safeStep: 9 },
];

describe('a pause', () => {
  for (const { when, fits, safeStep } of MOMENTS) {
    it(`${when} keeps what was finished, frees the runner, and is resumed by another bit for bit`, async () => {
      const at = await validated();
      const leased = await leaseOf(at);
      const pause = once(leased, fits, () => at.jobs.pause('proj', at.jobId));
      expect(await runJob(observed(at.deps, pause), leased, never)).toBe('released');
      const paused = await documentOf(at);
      expect(paused).toMatchObject({ state: 'paused', lease: null });
      expect(paused.resume?.step ?? 0).toBe(safeStep);
      expect((await kindsOf(at)).at(-1)).toBe('paused');
      await at.jobs.resume('proj', at.jobId);
      expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
      expect(await finalWeights(at)).toEqual(straight);
      expect(await metricSteps(at)).toEqual(ALL_STEPS);
    });
  }

  it('ends an evaluation that does not end within a heartbeat, and goes back to the last checkpoint', async () => {
    const at = await validated();
    const deps = { ...at.deps, leaseTtlMs: 900 };
    const leased = await leaseOf(at);
    let hung: Promise<void> | undefined;
    const stuck = observed(deps, (moment) => {
      if (hung || moment.call !== 'generate' || moment.detail !== '0') return undefined;
      hung = at.jobs.pause('proj', at.jobId).then(() => new Promise((resolve) => setTimeout(resolve, 2000)));
      return hung;
    });
    expect(await runJob(stuck, leased, never)).toBe('released');
    // Step 7 was updated and not evaluated: neither its weights nor its metrics are kept.
    expect(await documentOf(at)).toMatchObject({
      state: 'paused',
      resume: { step: 6 },
      trainedTokens: expect.any(Number),
    });
    await at.jobs.resume('proj', at.jobId);
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
    expect(await finalWeights(at)).toEqual(straight);
    expect(await metricSteps(at)).toEqual(ALL_STEPS);
  });
});

describe('a cancel', () => {
  for (const { when, fits } of MOMENTS) {
    it(`${when} ends the job at once and stops the work`, async () => {
      const at = await validated();
      const leased = await leaseOf(at);
      const cancel = once(leased, fits, () => at.jobs.cancel('proj', at.jobId));
      expect(await runJob(observed(at.deps, cancel), leased, never)).toBe('lost');
      expect(await documentOf(at)).toMatchObject({ state: 'cancelled', lease: null, fineTunedModel: null });
    });
  }
});

describe('a runner that must go', () => {
  it('saves the step it finished, says why, and lets the job go ahead of new ones', async () => {
    const at = await validated();
    const shutdown = new AbortController();
    const spot = { call: 'update', count: 3 };
    const deps = observed(at.deps, ({ call, count }) => {
      if (call === spot.call && count === spot.count) shutdown.abort('spot notice');
      return undefined;
    });
    expect(await runJob(deps, await leaseOf(at), shutdown.signal)).toBe('released');
    const job = await documentOf(at);
    expect(job).toMatchObject({ state: 'queued', goesAhead: true, resume: { step: 3 }, attempts: 0 });
    const { events } = await at.jobs.events(job, { limit: 1 });
    expect(events[0]?.data).toEqual({ kind: 'preempted', reason: 'spot notice', step: 3 });
  });
});

describe('a limit', () => {
  const limits = { maxTrainMs: null, maxTokens: null, maxCost: null, deadlineMs: null };
  const bounded = (over: Partial<typeof limits> | Record<string, number>, more: Partial<NewJob> = {}) =>
    world({}, { limits: { ...limits, ...over }, ...more });

  it('of tokens ends the job as succeeded before it is exceeded, with its last checkpoint, and says so', async () => {
    const free = await world();
    await runJob(free.deps, await leaseOf(free), never);
    const { checkpoints } = await documentOf(free);
    const maxTokens = checkpoints[0]?.trainedTokens ?? 0;
    const at = await bounded({ maxTokens });
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
    const job = await documentOf(at);
    expect(job.trainedTokens).toBeLessThanOrEqual(maxTokens);
    const shown = toFineTuningJob(job, 0);
    expect(shown).toMatchObject({
      status: 'succeeded',
      ended_early: { reason: 'max_tokens', limit: maxTokens, used: job.trainedTokens, step: job.resume?.step },
      budget: { max_tokens: maxTokens },
      usage_metrics: { trained_tokens: job.trainedTokens, steps: job.resume?.step },
    });
    expect(shown.pipeline.map(({ status }) => status)).toEqual(['succeeded', 'skipped']);
    expect(shown.ended_early?.checkpoint).toBe(job.resume?.model);
    expect(await kindsOf(at)).toContain('limit_reached');
    const model = await at.deps.models.find('proj', job.fineTunedModel as string);
    expect(model && (await at.deps.models.load(model)).tensors.size).toBeGreaterThan(0);
  });

  it('of cost counts the time of steps at the price of the runner', async () => {
    const at = await bounded({ maxCost: 1e-9 });
    expect(await runJob({ ...at.deps, pricePerHour: 3600 }, await leaseOf(at), never)).toBe('succeeded');
    const { resume, endedEarly } = await documentOf(at);
    expect(endedEarly).toMatchObject({ reason: 'max_cost', step: 1 });
    expect(resume?.usage?.cost).toBeCloseTo((resume?.usage?.trainMs ?? 0) / 1000, 9);
  });

  it('ends with the best checkpoint by the validation metric, not with the last', async () => {
    const at = await bounded(
      { maxTokens: 1e9 },
      { phases: phases({ eval_interval: 1, checkpoint_interval: 1 }, true) },
    );
    // Learned from data, the loss falls: the third checkpoint is made worse than the second.
    const leased = await leaseOf(at);
    const { checkpoint } = leased;
    leased.checkpoint = (record, event) => {
      const isThird = record.step === 3;
      const quality = isThird ? -1e6 : (record.quality ?? null);
      const limit = { reason: 'max_tokens', limit: 1, used: 1, step: 3 } as const;
      return checkpoint.call(leased, { ...record, quality }, event, isThird ? limit : null);
    };
    const stop = new AbortController();
    const { record } = leased;
    leased.record = (event) => {
      record.call(leased, event);
      if (event.data?.['pipeline_step'] === 3) stop.abort('SIGTERM');
    };
    expect(await runJob(at.deps, leased, stop.signal)).toBe('released');
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
    const shown = toFineTuningJob(await documentOf(at), 0);
    expect(shown.ended_early).toMatchObject({ step: 3, checkpoint_step: 2 });
    expect(await metricSteps(at)).toEqual([1, 2, 3]);
  });

  it('that passed before anything was trained fails the job, and says why', async () => {
    const at = await bounded({ deadlineMs: 1 });
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('failed');
    expect((await documentOf(at)).error).toMatchObject({ code: 'deadline_exceeded' });
  });
});

describe('usage', () => {
  it('counts each step that a checkpoint contains once, whatever was lost and repeated', async () => {
    const at = await world();
    const doomed = await leaseOf(at);
    const { record } = doomed;
    doomed.record = (event) => {
      record.call(doomed, event);
      // Two steps beyond the checkpoint of step 4, its lease is taken away.
      if (event.data?.['pipeline_step'] !== 6) return;
      void at.jobs.documents.update(KEYS.job(at.jobId), (job) => ({ ...job, state: 'queued', lease: null }));
    };
    expect(await runJob(at.deps, doomed, never)).toBe('lost');
    const lost = await documentOf(at);
    expect(toFineTuningJob(lost, 0).usage_metrics).toMatchObject({ steps: 4, trained_tokens: lost.trainedTokens });
    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
    const { usage_metrics: usage } = toFineTuningJob(await documentOf(at), 0);
    const free = await world();
    await runJob(free.deps, await leaseOf(free), never);
    expect(usage).toMatchObject({ steps: 9, trained_tokens: (await documentOf(free)).trainedTokens });
    expect(usage.train_seconds).toBeGreaterThan((lost.resume?.usage?.trainMs ?? 0) / 1000);
  });
});
