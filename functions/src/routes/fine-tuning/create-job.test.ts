import type { FineTuningJob } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../../test-kit/api-under-test.js';
import { GRADER, jsonl, PREFERENCE_ROWS, RL_ROWS, SFT_ROWS } from '../../test-kit/rows.js';

const MODEL = 'preheat-1m';

async function withFiles() {
  const api = await startApi();
  const sft = await api.upload(jsonl(SFT_ROWS), 'fine-tune', 'sft.jsonl');
  const rl = await api.upload(jsonl(RL_ROWS), 'fine-tune', 'rl.jsonl');
  const pairs = await api.upload(jsonl(PREFERENCE_ROWS), 'fine-tune', 'pairs.jsonl');
  return { api, sft, rl, pairs };
}

function create(api: ApiUnderTest, payload: object, headers: Record<string, string> = {}) {
  return api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload, headers });
}

describe('creating a job', () => {
  it('answers a supervised job as OpenAI does, with "auto" resolved', async () => {
    const { api, sft } = await withFiles();
    const response = await create(api, { model: MODEL, training_file: sft, seed: 7, suffix: 'words' });
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
    const { api, rl } = await withFiles();
    const reinforcement = { grader: GRADER, hyperparameters: { n_epochs: 2, batch_size: 4, compute_multiplier: 1 } };
    const method = { type: 'reinforcement', reinforcement };
    // The fresh model never earns anything.
    const body = { model: MODEL, training_file: rl, method, preflight: { force: true } };
    const job = (await create(api, body)).json() as FineTuningJob;
    expect(job.method).toMatchObject(method);
    expect(job.pipeline).toMatchObject([{ type: 'reinforcement', algorithm: 'grpo', status: 'pending' }]);
  });

  it('answers a preference job as OpenAI does, with "auto" resolved', async () => {
    const { api, pairs } = await withFiles();
    const dpo = { hyperparameters: { beta: 'auto', n_epochs: 2 } };
    const method = { type: 'dpo', dpo };
    const job = (await create(api, { model: MODEL, training_file: pairs, method })).json() as FineTuningJob;
    expect(job.method).toEqual({
      type: 'dpo',
      dpo: { hyperparameters: { n_epochs: 2, batch_size: 1, learning_rate_multiplier: 1, beta: 0.1 } },
    });
    expect(job.hyperparameters).toEqual({});
    expect(job.pipeline).toMatchObject([{ type: 'preference', algorithm: 'dpo', reference: 'phase_start' }]);
  });

  it('says when phases end early and what they are held to', async () => {
    const { api, sft, rl } = await withFiles();
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
    const job = (await create(api, body)).json() as FineTuningJob;
    expect(job.pipeline.map(({ advance, reference }) => ({ advance, reference }))).toEqual([
      { advance: { no_gain_in: 3, min_gain: 0.01 } },
      { reference: 'phase_start' },
      { advance: { valid_reward_at_least: 0.8 }, reference: 'job_start' },
    ]);
  });

  it('takes a pipeline, whose phases share the files of the job unless they name their own', async () => {
    const { api, sft, rl } = await withFiles();
    const pipeline = [
      { type: 'supervised', hyperparameters: { n_epochs: 3 } },
      { type: 'reinforcement', training_file: rl, grader: GRADER, hyperparameters: { max_steps: 5 } },
    ];
    const job = (await create(api, { model: MODEL, training_file: sft, pipeline })).json() as FineTuningJob;
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
    const { api, sft } = await withFiles();
    const body = { model: MODEL, training_file: sft };
    const idOf = async (headers = {}, payload: object = body) =>
      ((await create(api, payload, headers)).json() as FineTuningJob).id;
    const first = await idOf();
    expect(await idOf({ 'x-stainless-retry-count': '1' })).toBe(first);
    expect(await idOf({ 'x-stainless-retry-count': '0' })).not.toBe(first);
    const keyed = await idOf({ 'idempotency-key': 'k1' });
    expect(await idOf({ 'idempotency-key': 'k1' })).toBe(keyed);
    const mismatch = await create(api, { ...body, seed: 3 }, { 'idempotency-key': 'k1' });
    expect(mismatch.json()).toMatchObject({ error: { code: 'idempotency_mismatch' } });
    expect(mismatch.statusCode).toBe(400);
  });
});

type Bad = [
  what: string,
  body: (files: { sft: string; rl: string; pairs: string }) => object,
  code: string,
  param: string,
  says: RegExp,
];

const rlBody = (rl: string, grader: object, hyperparameters: object = {}) => ({
  model: MODEL,
  training_file: rl,
  pipeline: [{ type: 'reinforcement', grader, hyperparameters }],
});

const BAD: Bad[] = [
  ['no model', ({ sft }) => ({ training_file: sft }), 'invalid_request', 'model', /'model' is required/],
  ['an unknown model', ({ sft }) => ({ model: 'gpt-9', training_file: sft }), 'model_not_available', 'model', /gpt-9/],
  [
    'a name no store could hold',
    ({ sft }) => ({ model: '\ud800', training_file: sft }),
    'model_not_available',
    'model',
    /./,
  ],
  [
    'an unknown file',
    () => ({ model: MODEL, training_file: 'file-none' }),
    'invalid_request',
    'training_file',
    /file-none/,
  ],
  [
    'a malformed file id',
    () => ({ model: MODEL, training_file: '../x' }),
    'invalid_request',
    'training_file',
    /pattern/,
  ],
  [
    'an unknown validation file',
    ({ sft }) => ({ model: MODEL, training_file: sft, validation_file: 'file-none' }),
    'invalid_request',
    'validation_file',
    /file-none/,
  ],
  [
    'a seed out of range',
    ({ sft }) => ({ model: MODEL, training_file: sft, seed: -1 }),
    'invalid_request',
    'seed',
    />= 0/,
  ],
  [
    'an unknown algorithm',
    ({ sft }) => ({ model: MODEL, training_file: sft, pipeline: [{ type: 'supervised', algorithm: 'sfft' }] }),
    'unknown_algorithm',
    'pipeline.0.algorithm',
    /'sfft'.*sft/,
  ],
  [
    'an algorithm of another type of phase',
    ({ sft }) => ({ model: MODEL, training_file: sft, pipeline: [{ type: 'supervised', algorithm: 'grpo' }] }),
    'unknown_algorithm',
    'pipeline.0.algorithm',
    /supervised phases/,
  ],
  [
    'an unknown type of phase',
    ({ sft }) => ({ model: MODEL, training_file: sft, pipeline: [{ type: 'dpo' }] }),
    'invalid_request',
    'pipeline.0.type',
    /one of "supervised", "reinforcement", "preference"/,
  ],
  [
    'a misspelt hyperparameter',
    ({ sft }) => ({
      model: MODEL,
      training_file: sft,
      pipeline: [{ type: 'supervised', hyperparameters: { epochs: 1 } }],
    }),
    'invalid_request',
    'pipeline.0.hyperparameters.epochs',
    /n_epochs/,
  ],
  [
    'a hyperparameter out of range in a later phase',
    ({ sft, rl }) => ({
      model: MODEL,
      training_file: sft,
      pipeline: [
        { type: 'supervised' },
        { type: 'reinforcement', training_file: rl, grader: GRADER, hyperparameters: { temperature: 9 } },
      ],
    }),
    'invalid_request',
    'pipeline.1.hyperparameters.temperature',
    /must be <= 2 \(it is 9\)/,
  ],
  [
    'a hyperparameter out of range in a method',
    ({ sft }) => ({
      model: MODEL,
      training_file: sft,
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 99 } } },
    }),
    'invalid_request',
    'method.supervised.hyperparameters.n_epochs',
    /<= 50/,
  ],
  [
    'values that contradict each other',
    ({ rl }) => rlBody(rl, GRADER, { max_completion_tokens: 128 }),
    'invalid_request',
    'pipeline.0.hyperparameters.max_completion_tokens',
    /room for a prompt/,
  ],
  [
    'a preference method on rows that are no pairs',
    ({ sft }) => ({ model: MODEL, training_file: sft, method: { type: 'dpo' } }),
    'invalid_training_file',
    'training_file',
    /line 1: a preference phase needs rows with an input .*preferred_output/,
  ],
  [
    'a supervised method on pairs',
    ({ pairs }) => ({ model: MODEL, training_file: pairs }),
    'invalid_training_file',
    'training_file',
    /line 1: a supervised phase needs an assistant message/,
  ],
  [
    'a target margin outside simpo',
    ({ sft }) => ({
      model: MODEL,
      training_file: sft,
      pipeline: [{ type: 'preference', hyperparameters: { target_margin: 1 } }],
    }),
    'invalid_request',
    'pipeline.0.hyperparameters.target_margin',
    /loss_type sigmoid/,
  ],
  [
    'a beta out of range',
    ({ sft }) => ({ model: MODEL, training_file: sft, method: { type: 'dpo', dpo: { hyperparameters: { beta: 3 } } } }),
    'invalid_request',
    'method.dpo.hyperparameters.beta',
    /<= 2/,
  ],
  [
    'a reinforcement method without its part',
    ({ rl }) => ({ model: MODEL, training_file: rl, method: { type: 'reinforcement' } }),
    'invalid_request',
    'method.reinforcement',
    /is required/,
  ],
  [
    'an integration',
    ({ sft }) => ({ model: MODEL, training_file: sft, integrations: [{ type: 'wandb' }] }),
    'unsupported_parameter',
    'integrations',
    /not served/,
  ],
  [
    'method and pipeline that both say what to run',
    ({ sft }) => ({
      model: MODEL,
      training_file: sft,
      method: { type: 'supervised', supervised: {} },
      pipeline: [{ type: 'supervised' }],
    }),
    'invalid_request',
    'method',
    /both say/,
  ],
  [
    'a field nobody knows',
    ({ sft }) => ({ model: MODEL, training_file: sft, piepline: [] }),
    'invalid_request',
    'piepline',
    /not a known field/,
  ],
  [
    'a condition without a file to judge it on',
    ({ sft }) => ({ model: MODEL, training_file: sft, pipeline: [{ type: 'supervised', advance: { no_gain_in: 2 } }] }),
    'invalid_request',
    'pipeline.0.advance',
    /validation_file/,
  ],
  [
    'a condition that is none',
    ({ sft }) => ({
      model: MODEL,
      training_file: sft,
      validation_file: sft,
      pipeline: [{ type: 'supervised', advance: { min_gain: 1 } }],
    }),
    'invalid_request',
    'pipeline.0.advance',
    /no condition/,
  ],
  [
    'a reward of a supervised phase',
    ({ sft }) => ({
      model: MODEL,
      training_file: sft,
      validation_file: sft,
      pipeline: [{ type: 'supervised', advance: { valid_reward_at_least: 1 } }],
    }),
    'invalid_request',
    'pipeline.0.advance.valid_reward_at_least',
    /not a known field/,
  ],
  [
    'a reference that nothing holds the phase to',
    ({ rl }) => ({
      model: MODEL,
      training_file: rl,
      pipeline: [{ type: 'reinforcement', grader: GRADER, reference: 'job_start' }],
    }),
    'invalid_request',
    'pipeline.0.reference',
    /kl_beta/,
  ],
  [
    'a grader of an unknown type',
    ({ rl }) => rlBody(rl, { ...GRADER, type: 'oracle' }),
    'invalid_grader',
    'pipeline.0.grader.type',
    /oracle/,
  ],
  [
    'a grader that reads a key the rows lack',
    ({ rl }) => rlBody(rl, { ...GRADER, references: '{{ item.answers }}' }),
    'missing_item_key',
    'pipeline.0.grader',
    /rl\.jsonl.*line 1 has no key 'answers', which the grader reads as item\.answers/,
  ],
  [
    'rows without an answer in a supervised phase',
    ({ rl }) => ({ model: MODEL, training_file: rl }),
    'invalid_training_file',
    'training_file',
    /line 1.*assistant message.*Example/,
  ],
  [
    'rows with an answer in a reinforcement phase',
    ({ sft }) => rlBody(sft, { type: 'string_check', name: 'x', input: 'a', reference: 'a', operation: 'eq' }),
    'invalid_training_file',
    'training_file',
    /line 1.*end with a user message/,
  ],
];

describe('refused before anything is queued', () => {
  it.each(BAD)('%s', async (_, body, code, param, says) => {
    const { api, sft, rl, pairs } = await withFiles();
    const response = await create(api, body({ sft, rl, pairs }));
    expect(response.json()).toMatchObject({ error: { code, param, type: 'invalid_request_error' } });
    expect((response.json() as { error: { message: string } }).error.message).toMatch(says);
    expect(response.statusCode).toBe(400);
    expect((await api.deps.store.list('jobs/')).entries).toEqual([]);
  });
});
