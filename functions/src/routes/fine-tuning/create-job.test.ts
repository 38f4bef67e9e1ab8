import type { FineTuningJob } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { createJob, filesOfJobs } from '../../test-kit/job-requests.js';
import { GRADER } from '../../test-kit/rows.js';

const MODEL = 'preheat-1m';

describe('creating a job', () => {
  it('answers a supervised job as OpenAI does, with "auto" resolved', async () => {
    const { api, sft } = await filesOfJobs();
    const response = await createJob(api, { model: MODEL, training_file: sft, seed: 7, suffix: 'words' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      object: 'fine_tuning.job',
      model: MODEL,
      status: 'queued',
      created_at: 1893456000,
      finished_at: null,
      fine_tuned_model: null,
      training_file: sft,
      validation_file: null,
      result_files: [],
      trained_tokens: null,
      seed: 7,
      error: null,
      user_provided_suffix: 'words',
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs: 10, batch_size: 1, learning_rate_multiplier: 1 } },
      },
      hyperparameters: { n_epochs: 10, batch_size: 1, learning_rate_multiplier: 1 },
    });
    const { id } = response.json() as FineTuningJob;
    expect((await api.call({ url: `/v1/fine_tuning/jobs/${id}` })).json()).toEqual(response.json());
  });

  it('reads a reinforcement method back as it was sent', async () => {
    const { api, rl } = await filesOfJobs();
    const schedule = { n_epochs: 2, batch_size: 4, learning_rate_multiplier: 0.5, eval_interval: 3, eval_samples: 2 };
    const hyperparameters = { ...schedule, compute_multiplier: 2, reasoning_effort: 'default' };
    const reinforcement = { grader: GRADER, hyperparameters };
    const method = { type: 'reinforcement', reinforcement };
    // The fresh model never earns anything.
    const body = { model: MODEL, training_file: rl, method, preflight: { force: true } };
    const job = (await createJob(api, body)).json() as FineTuningJob;
    expect(job.method).toMatchObject(method);
    // Each is what the phase runs with: twice the compute is twice the answers to a prompt.
    const config = { ...schedule, group_size: 16 };
    expect(job.pipeline).toMatchObject([
      { type: 'reinforcement', algorithm: 'grpo', status: 'pending', hyperparameters: config },
    ]);
  });

  it('answers a preference job as OpenAI does, with "auto" resolved', async () => {
    const { api, pairs } = await filesOfJobs();
    const dpo = { hyperparameters: { beta: 'auto', n_epochs: 2 } };
    const method = { type: 'dpo', dpo };
    const job = (await createJob(api, { model: MODEL, training_file: pairs, method })).json() as FineTuningJob;
    expect(job.method).toEqual({
      type: 'dpo',
      dpo: { hyperparameters: { n_epochs: 2, batch_size: 1, learning_rate_multiplier: 1, beta: 0.1 } },
    });
    expect(job.hyperparameters).toEqual({});
    expect(job.pipeline).toMatchObject([{ type: 'preference', algorithm: 'dpo', reference: 'phase_start' }]);
  });

  it('says when phases end early and what they are held to', async () => {
    const { api, sft, rl } = await filesOfJobs();
    const pipeline = [
      { type: 'supervised', advance: { no_gain_in: 3, min_gain: 0.01 } },
      {
        type: 'reinforcement',
        grader: GRADER,
        training_file: rl,
        validation_file: rl,
        hyperparameters: { kl_beta: 0.1 },
      },
      {
        type: 'reinforcement',
        grader: GRADER,
        training_file: rl,
        validation_file: rl,
        hyperparameters: { kl_beta: 0.1 },
        reference: 'job_start',
        advance: { valid_reward_at_least: 0.8 },
      },
    ];
    const body = { model: MODEL, training_file: sft, validation_file: sft, pipeline };
    const job = (await createJob(api, body)).json() as FineTuningJob;
    expect(job.pipeline.map(({ advance, reference }) => ({ advance, reference }))).toEqual([
      { advance: { no_gain_in: 3, min_gain: 0.01 } },
      { reference: 'phase_start' },
      { advance: { valid_reward_at_least: 0.8 }, reference: 'job_start' },
    ]);
  });

  it('takes a reference for a loss over pairs that has one, and the default for one that has none', async () => {
    const { api, pairs } = await filesOfJobs();
    const created = async (loss_type: string, reference: string) => {
      const pipeline = [{ type: 'preference', hyperparameters: { loss_type }, reference }];
      return (await createJob(api, { model: MODEL, training_file: pairs, pipeline })).json() as FineTuningJob;
    };
    expect((await created('ipo', 'job_start')).pipeline).toMatchObject([{ reference: 'job_start' }]);
    // What a phase without one reads back with may be sent again.
    expect((await created('simpo', 'phase_start')).pipeline).toMatchObject([{ reference: 'phase_start' }]);
  });

  it('takes a pipeline, whose phases share the files of the job unless they name their own', async () => {
    const { api, sft, rl } = await filesOfJobs();
    const pipeline = [
      { type: 'supervised', hyperparameters: { n_epochs: 3 } },
      { type: 'reinforcement', training_file: rl, grader: GRADER, hyperparameters: { max_steps: 5 } },
    ];
    const job = (await createJob(api, { model: MODEL, training_file: sft, pipeline })).json() as FineTuningJob;
    expect(job.method).toBeNull();
    expect(job.pipeline).toMatchObject([
      { type: 'supervised', algorithm: 'sft', training_file: sft, hyperparameters: { n_epochs: 3 } },
      {
        type: 'reinforcement',
        algorithm: 'grpo',
        training_file: rl,
        hyperparameters: { max_steps: 5 },
        grader: GRADER,
      },
    ]);
  });

  it('gives the same job to a repeated request, and another to a new one', async () => {
    const { api, sft } = await filesOfJobs();
    const body = { model: MODEL, training_file: sft };
    const idOf = async (headers = {}, payload: object = body) =>
      ((await createJob(api, payload, headers)).json() as FineTuningJob).id;
    const first = await idOf();
    expect(await idOf({ 'x-stainless-retry-count': '1' })).toBe(first);
    expect(await idOf({ 'x-stainless-retry-count': '0' })).not.toBe(first);
    const keyed = await idOf({ 'idempotency-key': 'k1' });
    expect(await idOf({ 'idempotency-key': 'k1' })).toBe(keyed);
    const mismatch = await createJob(api, { ...body, seed: 3 }, { 'idempotency-key': 'k1' });
    expect(mismatch.json()).toMatchObject({ error: { code: 'idempotency_mismatch' } });
    expect(mismatch.statusCode).toBe(400);
  });

  it('answers a repetition with its job, whatever became of what it was created from', async () => {
    const { api, sft } = await filesOfJobs();
    const body = { model: MODEL, training_file: sft };
    const created = (await createJob(api, body, { 'idempotency-key': 'k1' })).json() as FineTuningJob;
    await api.call({ method: 'POST', url: `/v1/fine_tuning/jobs/${created.id}/cancel` });
    await api.call({ method: 'DELETE', url: `/v1/files/${sft}` });
    const repeated = await createJob(api, body, { 'idempotency-key': 'k1' });
    expect(repeated.json()).toMatchObject({ id: created.id, status: 'cancelled' });
    const other = await createJob(api, body, { 'idempotency-key': 'k2' });
    expect(other.statusCode).toBe(400);
  });
});
