/** Runs that go wrong without failing, provoked on real jobs: each is told of with its evidence, and paused where it is worthless. */
import { guardsOf, type GuardsRequest, KEYS, type StoredEvent } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';
import { RUNTIMES } from '@preheat/recipes';
import { afterAll, describe, expect, it } from 'vitest';
import { type JobOutcome, runJob } from './run-job.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { observed } from './test-kit/at-moment.js';
import {
  documentOf,
  executor,
  leaseOf,
  never,
  phases,
  runUntilStep,
  type World,
  world,
} from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

async function guarded(guards: GuardsRequest, keys: Record<string, unknown> = {}, phase?: 0 | 1): Promise<World> {
  const all = phases(keys);
  return world({}, { guards: guardsOf(guards), phases: phase === undefined ? all : all.slice(phase, phase + 1) });
}

async function alarmsOf(at: World): Promise<(StoredEvent['data'] & object)[]> {
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  return events.flatMap(({ data }) => (data?.['kind'] === 'alarm' ? [data] : []));
}

async function run(at: World, deps = at.deps): Promise<JobOutcome> {
  return runJob(deps, await leaseOf(at), never);
}

/** Nobody waits that long. */
const FIRST_STEP_SECONDS = 1_234;

/** A place to hang in, and dependencies by whose clock the time for a first step is over when something does, and not before. */
function hangingPlace(deps: RunnerDependencies) {
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const hang = (): Promise<never> => {
    reach();
    return new Promise(() => undefined);
  };
  const { clock } = deps;
  const sleep: Clock['sleep'] = (ms, signal) => (ms === FIRST_STEP_SECONDS * 1_000 ? reached : clock.sleep(ms, signal));
  return { hang, deps: { ...deps, clock: { nowMs: () => clock.nowMs(), sleep } } };
}

/** Hangs where its first gradients would be computed. */
function hangingInStep(at: World): RunnerDependencies {
  const { hang, deps } = hangingPlace(at.deps);
  return observed(deps, ({ call }) => (call === 'accumulate' ? hang() : undefined));
}

const RUINOUS = { learning_rate: 1, learning_rate_multiplier: 1000, warmup_ratio: 0, max_grad_norm: 1e6 };
const RL_ONLY = 1;

describe('a run that went wrong', () => {
  it('in numbers that are none is paused, and the log says where', async () => {
    const at = await guarded({}, { ...RUINOUS, weight_decay: 1, max_steps: 40, n_epochs: 50 }, 0);
    expect(await run(at)).toBe('halted');
    expect(await documentOf(at)).toMatchObject({ state: 'paused', lease: null, error: null });
    expect((await alarmsOf(at)).at(-1)).toMatchObject({ detector: 'non_finite', is_worthless: true });
  });

  it('in its loss is paused with the losses and the level they left', async () => {
    // Healthy for a while, then ruined by a learning rate that warm-up lets through late.
    const keys = { learning_rate: 1, learning_rate_multiplier: 30, warmup_ratio: 1, max_grad_norm: 1e6, max_steps: 40 };
    const at = await guarded({ max_loss_ratio: 1.2 }, { ...keys, n_epochs: 50 }, 0);
    expect(await run(at)).toBe('halted');
    expect((await alarmsOf(at)).at(-1)).toMatchObject({
      is_worthless: true,
      detector: expect.stringMatching(/loss/),
    });
  });

  it('for want of any signal is paused with what its groups earned', async () => {
    const constant = { type: 'string_check', name: 'same', input: 'a', reference: 'a', operation: 'eq' };
    const [, rl] = phases({});
    const at = await world(
      {},
      { guards: guardsOf({ zero_signal_steps: 2 }), phases: [{ ...rl, grader: constant } as never] },
    );
    expect(await run(at)).toBe('halted');
    expect(await alarmsOf(at)).toMatchObject([
      { detector: 'zero_signal', step: 2, evidence: { train_mean_reward: [1, 1], train_reward_std: [0, 0] } },
    ]);
  });

  it('goes on when its user resumes it, until new steps are as bad', async () => {
    const constant = { type: 'string_check', name: 'same', input: 'a', reference: 'a', operation: 'eq' };
    const [, rl] = phases({ max_steps: 6, n_epochs: 4 });
    const at = await world(
      {},
      { guards: guardsOf({ zero_signal_steps: 2 }), phases: [{ ...rl, grader: constant } as never] },
    );
    expect(await run(at)).toBe('halted');
    await at.jobs.resume('proj', at.jobId);
    expect(await run(at)).toBe('halted');
    // The steps that were taken again count once.
    expect((await alarmsOf(at)).map(({ step }) => step)).toEqual([2, 4]);
  });

  it('by a mismatch of training and sampling is paused above the bound', async () => {
    const at = await guarded({ max_logprob_mismatch: 0 }, {}, RL_ONLY);
    expect(await run(at)).toBe('halted');
    expect(await alarmsOf(at)).toMatchObject([{ detector: 'logprob_mismatch', step: 1 }]);
  });

  it('by how far its policy went from where it started is paused with the distance', async () => {
    const [, rl] = phases({}, true, { kl_beta: 0.1 });
    const at = await world({}, { guards: guardsOf({ max_reference_kl: 0 }), phases: [rl as never] });
    expect(await run(at)).toBe('halted');
    expect(await alarmsOf(at)).toMatchObject([
      { detector: 'kl_blow_up', is_worthless: true, evidence: { reference_kl: [expect.any(Number)], bound: 0 } },
    ]);
  });

  it('is judged by the default of a guard that its document, being older, does not have', async () => {
    const constant = { type: 'string_check', name: 'same', input: 'a', reference: 'a', operation: 'eq' };
    const [, rl] = phases({ max_steps: 20, n_epochs: 5 });
    const at = await world({}, { guards: { action: 'pause' }, phases: [{ ...rl, grader: constant } as never] });
    expect(await run(at)).toBe('halted');
    expect(await alarmsOf(at)).toMatchObject([{ detector: 'zero_signal', step: 20 }]);
  });

  it('by the entropy of its policy is told of and goes on', async () => {
    const at = await guarded({ min_entropy: 100 }, {}, RL_ONLY);
    expect(await run(at)).toBe('succeeded');
    expect(await alarmsOf(at)).toMatchObject([{ detector: 'entropy_collapse', is_worthless: false, step: 3 }]);
  });

  it('by a reward that rises while held-out answers earn no more is told of, with both', async () => {
    const row = (target: string) => ({ messages: [{ role: 'user', content: 'cat' }], target });
    const similarity = { type: 'text_similarity', name: 'close', evaluation_metric: 'fuzzy_match' };
    const grader = { ...similarity, input: '{{ sample.output_text }}', reference: '{{ item.target }}' };
    const sampling = { group_size: 32, batch_size: 4, learning_rate: 0.002 };
    const [, rl] = phases({}, true, { ...sampling, max_steps: 10, n_epochs: 10, eval_interval: 2 });
    const phase = { ...rl, grader, trainingFile: 'file-t', validationFile: 'file-v' };
    const at = await world({}, { phases: [phase as never] });
    for (const [name, target] of [
      ['file-t', 'T T T T'],
      ['file-v', '?'],
    ] as const) {
      const lines = Array.from({ length: 4 }, () => JSON.stringify(row(target)));
      await at.store.put(KEYS.fileContent(name), new TextEncoder().encode(lines.join('\n')));
    }
    expect(await run(at)).toBe('succeeded');
    const evidence = { step: [2, 4, 6, 8, 10], full_valid_mean_reward: [0, 0, 0, 0, 0], bound: 0.1 };
    expect(await alarmsOf(at)).toMatchObject([{ detector: 'reward_gap', is_worthless: false, step: 10, evidence }]);
  });

  it('by a grader that fails on most completions is paused', async () => {
    const at = await guarded({}, {}, RL_ONLY);
    const { graders } = at.deps;
    const flaky = Object.create(graders) as typeof graders;
    flaky.gradeAll = async (grader, samples, call) => {
      const grades = await graders.gradeAll(grader, samples, call);
      return grades.map((grade, i) =>
        i === 0 ? grade : { ...grade, reward: 0, isFlagged: true, errors: { ...grade.errors, other_error: true } },
      );
    };
    expect(await run(at, { ...at.deps, graders: flaky })).toBe('halted');
    expect((await alarmsOf(at)).map(({ detector }) => detector)).toContain('grader_errors');
  });
});

describe('a run that cannot go on', () => {
  it('because samples come from old weights refuses them, and says which', async () => {
    const at = await guarded({}, {}, RL_ONLY);
    const { grpo } = (await import('@preheat/recipes')).RUNTIMES;
    if (!grpo) throw new Error('there is no grpo');
    const stale = {
      ...grpo,
      step: ((state, ctx) => {
        const { rollouts } = ctx;
        const old = rollouts && {
          updateWeights: rollouts.updateWeights.bind(rollouts),
          generate: async (...args: Parameters<typeof rollouts.generate>) =>
            (await rollouts.generate(...args)).map((sample) => ({
              ...sample,
              policyVersion: sample.policyVersion - 1,
            })),
        };
        return grpo.step(state, { ...ctx, rollouts: old });
      }) as typeof grpo.step,
    };
    expect(await run(at, { ...at.deps, recipes: { grpo: stale } })).toBe('attempt-failed');
    expect(await alarmsOf(at)).toMatchObject([
      { detector: 'stale_policy', evidence: { expected: 0, found: -1, bound: 0 } },
    ]);
  });

  it.each(['pause', 'warn'] as const)(
    'because its first step takes too long is paused, not repeated (%s)',
    async (action) => {
      const at = await guarded({ first_step_seconds: FIRST_STEP_SECONDS, action }, {}, 0);
      expect(await run(at, hangingInStep(at))).toBe('halted');
      expect(await documentOf(at)).toMatchObject({ state: 'paused', lease: null, attempts: 0 });
      const evidence = { seconds: FIRST_STEP_SECONDS, stage: 'in the first step of phase 1' };
      expect(await alarmsOf(at)).toMatchObject([{ detector: 'first_step', is_worthless: true, evidence }]);
      expect((await alarmsOf(at))[0]?.['cause']).toContain('larger guards.first_step_seconds');
    },
  );

  it('because it hangs before its first step counts as a failed attempt, and names where', async () => {
    const at = await guarded({ first_step_seconds: FIRST_STEP_SECONDS }, {}, 0);
    const { hang, deps } = hangingPlace(at.deps);
    const { getStream } = at.store;
    at.store.getStream = (key, ...rest) => (key.endsWith('/content') ? hang() : getStream.call(at.store, key, ...rest));
    expect(await run(at, deps)).toBe('attempt-failed');
    const evidence = { seconds: FIRST_STEP_SECONDS, stage: 'reading the data' };
    expect(await alarmsOf(at)).toMatchObject([{ detector: 'first_step', is_worthless: false, evidence }]);
  });

  it('because what it goes on from does not come counts as a failed attempt', async () => {
    const at = await guarded({ first_step_seconds: FIRST_STEP_SECONDS }, {}, 0);
    const { hang, deps } = hangingPlace(at.deps);
    const { sft } = RUNTIMES;
    if (!sft) throw new Error('there is no sft');
    const recipes = { sft: { ...sft, init: hang } };
    expect(await run(at, { ...deps, recipes })).toBe('attempt-failed');
    expect(await alarmsOf(at)).toMatchObject([
      {
        detector: 'first_step',
        is_worthless: false,
        cause: expect.stringContaining('larger guards.first_step_seconds'),
        evidence: { stage: 'opening phase 1' },
      },
    ]);
  });

  it('because it hangs in a step although an earlier attempt finished one counts as a failed attempt', async () => {
    const at = await guarded({ first_step_seconds: FIRST_STEP_SECONDS }, {}, 0);
    expect(await runUntilStep(at, 'runner-1', 2)).toBe('released');
    expect(await run(at, hangingInStep(at))).toBe('attempt-failed');
    expect(await documentOf(at)).toMatchObject({ state: 'queued', attempts: 1 });
    const [alarm] = await alarmsOf(at);
    expect(alarm).toMatchObject({ detector: 'first_step', is_worthless: false });
    expect(alarm?.['cause']).not.toContain('another attempt would take the same step');
  });

  it('because the disk is full is paused at its last checkpoint', async () => {
    const at = await guarded({}, {}, 0);
    const { put } = at.store;
    at.store.put = (key, ...rest) =>
      key.includes('/step-6/')
        ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
        : put.call(at.store, key, ...rest);
    expect(await run(at)).toBe('halted');
    expect(await documentOf(at)).toMatchObject({ state: 'paused', resume: { step: 4 } });
    expect(await alarmsOf(at)).toMatchObject([{ detector: 'disk_full', evidence: { code: 'ENOSPC' } }]);
  });

  it('cannot be stopped by a log that is out of reach: events are kept and follow in order', async () => {
    const at = await guarded({}, {}, 0);
    const { put } = at.store;
    let outages = 0;
    at.store.put = (key, ...rest) => {
      if (!key.endsWith('/job.json') || outages >= 3) return put.call(at.store, key, ...rest);
      outages++;
      return Promise.reject(new Error('out of reach'));
    };
    const slow = observed(at.deps, ({ call }) =>
      call === 'accumulate' ? new Promise((resolve) => setTimeout(resolve, 150)) : undefined,
    );
    const leased = await (async () => {
      outages = 3;
      const taken = await leaseOf(at);
      outages = 0;
      return taken;
    })();
    expect(await runJob({ ...slow, leaseTtlMs: 300 }, leased, never)).toBe('succeeded');
    const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
    const steps = events.filter(({ type }) => type === 'metrics').map(({ data }) => data?.['pipeline_step']);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await alarmsOf(at)).map(({ detector }) => detector)).toContain('telemetry_down');
  });
});
