import type { FineTuningJob, PreflightReport, RunnerClass } from '@preheat/contracts';
import { ThroughputLedger } from '@preheat/jobs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localRunnerClass } from '../../fine-tuning/estimate/local-runner-class.js';
import {
  chat,
  preflightUnderTest,
  type PreflightUnderTest,
  reinforcement,
  SIMILARITY,
  supervised,
  TINY_MODEL,
} from '../../test-kit/preflight-under-test.js';
import { RL_ROWS, SFT_ROWS } from '../../test-kit/rows.js';

const SMALL = { ...localRunnerClass(), name: 'small', memory_bytes: 160_000_000, price_per_second: 0.01 };
let at: PreflightUnderTest;
beforeEach(async () => {
  at = await preflightUnderTest();
});
afterEach(() => at.api.app.close());

describe('estimates', () => {
  async function onRunners(differences: Partial<RunnerClass>): Promise<void> {
    await at.api.app.close();
    at = await preflightUnderTest({ runnerClasses: [{ ...SMALL, ...differences }] });
  }

  it('give memory, time and cost as ranges with their basis, which the job keeps', async () => {
    await onRunners({ memory_bytes: 1e9, lanes: 1 });
    const training_file = await at.upload(SFT_ROWS);
    const { classes, trained_tokens, phases } = await at.report({ training_file });
    const [judged] = classes as [PreflightReport['classes'][number]];
    expect(trained_tokens).toEqual({
      low: 10 * (phases[0]?.training.tokens.total ?? 0),
      high: 10 * (phases[0]?.training.tokens.total ?? 0),
    });
    const { total, micro_batch: _, ...parts } = judged.needed;
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
    expect(judged).toMatchObject({ runner_class: 'small', fits: true, basis: expect.stringContaining('formula: ') });
    const { train_seconds: seconds, cost } = judged;
    expect(seconds?.high).toBeGreaterThan(2 * (seconds?.low ?? Infinity));
    expect(cost?.high).toBeCloseTo(0.01 * (seconds?.high ?? 0), 12);
    const job = (await at.create({ training_file })).json() as FineTuningJob;
    expect(job.preflight).toMatchObject({ trained_tokens, classes, warnings: [] });
    expect(job.preflight?.phases[0]?.training).not.toHaveProperty('preview');
  });

  it('take sampling at the speed of what decodes: for reinforcement on a GPU whose processor does', async () => {
    const gpu = { device: 'gpu', lanes: 1, memory_bytes: 1e12, flops: { low: 4e11, high: 1.5e13 } } as const;
    const timesOn = async (more: Partial<RunnerClass>) => {
      await onRunners({ ...gpu, ...more });
      const keys = { max_steps: 100, batch_size: 4, group_size: 8 };
      const sampled = await at.report(reinforcement(await at.upload(RL_ROWS), SIMILARITY, keys));
      const taught = await at.report({ training_file: await at.upload(SFT_ROWS) });
      return [sampled, taught].map(({ classes }) => classes[0]?.train_seconds?.high ?? 0);
    };
    const [sampledFast = 0, taughtFast] = await timesOn({});
    const [sampledSlow = 0, taughtSlow] = await timesOn({ sampling_flops: { low: 8e6, high: 3e8 } });
    expect(sampledSlow).toBeGreaterThan(1.5 * sampledFast);
    expect(taughtSlow).toBe(taughtFast);
  });

  it('take measured speeds of earlier jobs of the project, model, algorithm and class', async () => {
    const ledger = new ThroughputLedger(at.api.deps);
    const kind = { runnerClass: 'local', model: TINY_MODEL, algorithm: 'sft', adapter: false };
    const sample = { jobId: 'ftjob-a', measuredAtMs: 1, steps: 10 };
    await ledger.add('proj-one', kind, { ...sample, tokens: 1000, trainMs: 1000 });
    await ledger.add('proj-one', kind, { ...sample, tokens: 4000, trainMs: 1000 });
    await ledger.add('proj-two', kind, { ...sample, tokens: 1, trainMs: 1000 });
    const training_file = await at.upload(SFT_ROWS);
    const { classes, trained_tokens } = await at.report({ training_file });
    expect(classes[0]?.basis).toContain(
      '2 earlier phases of this model and algorithm trained on 1000 to 4000 tokens a second',
    );
    expect(classes[0]?.train_seconds?.low).toBeCloseTo(trained_tokens.low / (4000 * 1.3), 9);
    expect(classes[0]?.train_seconds?.high).toBeCloseTo(trained_tokens.high / (1000 / 1.3), 9);
    const adapter = await at.report(supervised(training_file, { lora_rank: 4 }));
    expect(adapter.classes[0]?.basis).toContain('formula');
  });

  it('refuse a job that no class has the memory for, with the numbers and what to change', async () => {
    await onRunners({});
    const body = { training_file: await at.upload(SFT_ROWS) };
    const { errors, classes } = await at.report(body);
    expect(errors[0]).toMatchObject({ code: 'insufficient_memory', param: 'method.supervised.hyperparameters' });
    expect(errors[0]?.message).toMatch(/at least \d+ MB \(weights .*small has 160 MB.*Change: .*a smaller model/);
    expect(classes[0]).toMatchObject({ fits: false, train_seconds: null, cost: null });
    expect((await at.create(body)).json()).toEqual({ error: errors[0] });
    expect((await at.create({ ...body, preflight: { force: true } })).statusCode).toBe(200);
  });

  it('warn where models that the runner keeps make memory tight, which they do not on a GPU', async () => {
    const warningsOn = async (device: RunnerClass['device']): Promise<readonly string[]> => {
      const class_ = { device, lanes: 1 };
      await onRunners({ ...class_, memory_bytes: 1e12 });
      const roomy = await at.report({ training_file: await at.upload(SFT_ROWS) });
      expect(roomy.warnings).toEqual([]);
      // More than a process may take for the job, and less than with an eighth beside it.
      await onRunners({ ...class_, memory_bytes: Math.round(1.6 * (roomy.classes[0]?.needed.total ?? 0)) });
      return (await at.report({ training_file: await at.upload(SFT_ROWS) })).warnings;
    };
    expect(await warningsOn('cpu')).toEqual([
      expect.stringMatching(/^Memory is tight: .* beside up to \d.* of models/),
    ]);
    expect(await warningsOn('gpu')).toEqual([]);
  });

  it('refuse a job that the machine around a GPU cannot hold, and warn where it hardly can', async () => {
    const gpu = { device: 'gpu', lanes: 1, memory_bytes: 1e12, rollout_workers: 4 } as const;
    const body = async () => reinforcement(await at.upload(RL_ROWS), SIMILARITY);
    await onRunners({ ...gpu, host_memory_bytes: 1e12 });
    const roomy = await at.report(await body());
    const { host, fits } = roomy.classes[0] as PreflightReport['classes'][number];
    const { total = 0, ...parts } = host?.needed ?? {};
    expect([fits, roomy.warnings, host?.memory_bytes]).toEqual([true, [], 1e12]);
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
    await onRunners({ ...gpu, host_memory_bytes: Math.round(1.2 * total) });
    const tight = await at.report(await body());
    expect([tight.ready, tight.warnings]).toEqual([
      true,
      [expect.stringMatching(/^Memory is tight: .* of the machine around the GPU of small/)],
    ]);
    await onRunners({ ...gpu, host_memory_bytes: total - 1 });
    const { errors, classes } = await at.report(await body());
    expect(classes[0]).toMatchObject({ fits: false, train_seconds: null });
    expect(errors[0]).toMatchObject({ code: 'insufficient_memory', param: 'method.reinforcement.hyperparameters' });
    expect(errors[0]?.message).toMatch(
      /^Training needs at least .* of the memory of the machine around a GPU \(process 1\.5 GB, .*that of small has 1\.\d+ GB\. Change: /,
    );
  });

  it.each([
    ['max_tokens', 100, /trained tokens, and budget\.max_tokens is 100\. Raise budget\.max_tokens to at least \d+/],
    ['max_train_seconds', 0.000_1, /seconds of training \(formula: .*\), and budget\.max_train_seconds is 0\.001/],
    ['max_cost', 1e-9, /of cost \(formula: .*lower n_epochs, max_steps/],
  ] as const)('refuse a job whose low end exceeds %s', async (field, limit, says) => {
    await onRunners({ memory_bytes: 1e12 });
    const body = { training_file: await at.upload(SFT_ROWS), budget: { [field]: limit } };
    const { errors } = await at.report(body);
    expect(errors).toMatchObject([
      { code: 'budget_too_small', param: `budget.${field}`, type: 'invalid_request_error' },
    ]);
    expect(errors[0]?.message).toMatch(says);
    expect((await at.create(body)).json()).toEqual({ error: errors[0] });
  });

  it('warn where only the high end exceeds the budget, also in the events of the job', async () => {
    const training_file = await at.upload(SFT_ROWS);
    const [{ train_seconds: seconds }] = (await at.report({ training_file })).classes as [
      PreflightReport['classes'][number],
    ];
    const limit = ((seconds?.low ?? 0) + (seconds?.high ?? 0)) / 2;
    const body = { training_file, budget: { max_train_seconds: limit } };
    const { ready, warnings } = await at.report(body);
    expect([ready, warnings]).toEqual([true, [expect.stringContaining('It may end at that limit')]]);
    const { id } = (await at.create(body)).json() as FineTuningJob;
    const { data } = (await at.api.call({ url: `/v1/fine_tuning/jobs/${id}/events` })).json() as {
      data: { level: string; message: string }[];
    };
    expect(data.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual(warnings);
  });

  it('warn where a first step may take longer than its guard, by which the job would be paused', async () => {
    await onRunners({ memory_bytes: 1e12, flops: { low: 10, high: 1e9 } });
    const training_file = await at.upload(SFT_ROWS);
    const { warnings, classes, phases } = await at.report({ training_file });
    const most = (classes[0]?.train_seconds?.high ?? 0) / (phases[0]?.steps ?? 1);
    expect(most).toBeGreaterThan(1800);
    expect(warnings).toEqual([
      expect.stringMatching(/^The first step is estimated to take .*first_step_seconds is 1800/),
    ]);
    expect((await at.report({ training_file, guards: { first_step_seconds: 1.01 * most } })).warnings).toEqual([]);
    expect((await at.report({ training_file, guards: { first_step_seconds: null } })).warnings).toEqual([]);
  });

  it('count what is read before a first step to it', async () => {
    await onRunners({ memory_bytes: 1e12, flops: { low: 10, high: 1e9 } });
    const keys = { n_epochs: 50, batch_size: 1, prune_fraction: 0.5 };
    const body = supervised(await at.upload(SFT_ROWS), keys);
    const { classes, phases } = await at.report({ ...body, guards: { first_step_seconds: null } });
    const even = (classes[0]?.train_seconds?.high ?? 0) / (phases[0]?.steps ?? 1);
    // Four rows read forward, and one step of one row: seven passes, where an even share is about three.
    const [first] = (await at.report({ ...body, guards: { first_step_seconds: 1.5 * even } })).warnings;
    expect(first).toMatch(/^The first step is estimated to take .*first_step_seconds is \d+/);
  });

  it('warn of lora_base_dtype where runners have GPUs, on which it does nothing', async () => {
    const warningsOn = async (device: RunnerClass['device'], keys: object): Promise<readonly string[]> => {
      await onRunners({ memory_bytes: 1e12, device, lanes: 1 });
      return (await at.report(supervised(await at.upload(SFT_ROWS), keys))).warnings;
    };
    const keys = { lora_rank: 4, lora_base_dtype: 'int8' };
    expect(await warningsOn('gpu', keys)).toEqual([
      expect.stringMatching(/^method\.supervised\.hyperparameters\.lora_base_dtype int8 has no effect on small/),
    ]);
    expect(await warningsOn('cpu', keys)).toEqual([]);
    expect(await warningsOn('gpu', { lora_rank: 4 })).toEqual([]);
  });

  it('count tokens in rows spread over a large file when a job is created, and say so', async () => {
    const rows = Array.from({ length: 2_500 }, (_, index) => chat(`word${index}`, index < 1_250 ? 'K' : 'K AE T'));
    const training_file = await at.upload(rows);
    const full = (await at.report({ training_file })).phases[0]?.training;
    const job = (await at.create({ training_file })).json() as FineTuningJob;
    const kept = job.preflight?.phases[0]?.training;
    expect([full?.tokenised_rows, kept?.tokenised_rows, kept?.rows]).toEqual([2_500, 1_250, 2_500]);
    expect((kept?.tokens.total ?? 0) / (full?.tokens.total ?? 1)).toBeCloseTo(1, 2);
    const tokens = job.preflight?.trained_tokens;
    expect(tokens?.low).toBeLessThan(10 * (full?.tokens.total ?? 0));
    expect(tokens?.high).toBeGreaterThan(10 * (full?.tokens.total ?? 0));
  });

  it('do not wait for a grader that runners cannot reach: the job is refused, forced or not', async () => {
    await onRunners({ memory_bytes: 1e12, outbound: false });
    const remote = { type: 'http', name: 'remote', url: 'https://grader.example/score' };
    const multi = { type: 'multi', name: 'm', graders: { s: SIMILARITY, remote }, calculate_output: 's + remote' };
    const file = await at.upload(RL_ROWS);
    for (const [grader, path] of [
      [remote, 'url'],
      [multi, 'graders.remote.url'],
    ] as const) {
      const answer = await at.create({ ...reinforcement(file, grader), preflight: { force: true } });
      expect([answer.statusCode, answer.json()]).toMatchObject([
        400,
        { error: { code: 'invalid_grader', param: `method.reinforcement.grader.${path}` } },
      ]);
      expect(answer.body).toMatch(/runners of this deployment have no way out of their network/);
      await expect(at.report(reinforcement(file, grader))).rejects.toThrow(/no way out of their network/);
    }
    expect((await at.report(reinforcement(file, SIMILARITY))).ready).toBe(true);
  });

  it('need rows and completions for the tokens of reinforcement, as a range', async () => {
    const file = await at.upload(RL_ROWS);
    const body = reinforcement(file, SIMILARITY, { max_steps: 3, batch_size: 2, group_size: 4 });
    const { trained_tokens, phases } = await at.report(body);
    const sequences = 3 * 2 * 4;
    const mean = phases[0]?.training.tokens.mean ?? 0;
    expect(phases[0]?.steps).toBe(3);
    expect(trained_tokens.low).toBeLessThanOrEqual(sequences * (mean + 1));
    expect(trained_tokens.high).toBeGreaterThanOrEqual(sequences * (mean + 8));
  });
});
