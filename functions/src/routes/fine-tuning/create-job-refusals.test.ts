import { expect, it } from 'vitest';
import { createJob, filesOfJobs } from '../../test-kit/job-requests.js';
import { GRADER } from '../../test-kit/rows.js';

const MODEL = 'preheat-1m';

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
    'a turn for a reward that the grader does not have',
    ({ rl }) => rlBody(rl, GRADER, { reward_schedule: [{ part: 'style', steps: 2 }] }),
    'invalid_request',
    'pipeline.0.hyperparameters.reward_schedule.0.part',
    /which has per/,
  ],
  [
    'a preference method on rows that are no pairs',
    ({ sft }) => ({ model: MODEL, training_file: sft, method: { type: 'dpo' } }),
    'invalid_training_file',
    'training_file',
    /line 1.*a preference phase needs rows with an input .*preferred_output/s,
  ],
  [
    'a supervised method on pairs',
    ({ pairs }) => ({ model: MODEL, training_file: pairs }),
    'invalid_training_file',
    'training_file',
    /line 1.*a supervised phase needs an assistant message/,
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
    'an effort that no model here makes',
    ({ rl }) => ({
      model: MODEL,
      training_file: rl,
      method: {
        type: 'reinforcement',
        reinforcement: { grader: GRADER, hyperparameters: { reasoning_effort: 'high' } },
      },
    }),
    'unsupported_parameter',
    'method.reinforcement.hyperparameters.reasoning_effort',
    /only 'default' is served/,
  ],
  [
    'a format of rollouts',
    ({ rl }) => ({
      model: MODEL,
      training_file: rl,
      method: { type: 'reinforcement', reinforcement: { grader: GRADER, response_format: { type: 'json_object' } } },
    }),
    'unsupported_parameter',
    'method.reinforcement.response_format',
    /grade the format/,
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
    'a reference of a loss over pairs that has none',
    ({ pairs }) => ({
      model: MODEL,
      training_file: pairs,
      pipeline: [{ type: 'preference', hyperparameters: { loss_type: 'orpo' }, reference: 'job_start' }],
    }),
    'invalid_request',
    'pipeline.0.reference',
    /loss_type orpo.*set hyperparameters\.loss_type to sigmoid or ipo/,
  ],
  [
    'a reference of a recipe that is held to none',
    ({ rl }) => ({
      model: MODEL,
      training_file: rl,
      pipeline: [{ type: 'reinforcement', algorithm: 's3ft', grader: GRADER, reference: 'job_start' }],
    }),
    'invalid_request',
    'pipeline.0.reference',
    /no effect on s3ft/,
  ],
  [
    'settings of an adapter that is not trained',
    ({ sft }) => ({
      model: MODEL,
      training_file: sft,
      pipeline: [{ type: 'supervised', hyperparameters: { lora_dropout: 0.1 } }],
    }),
    'invalid_request',
    'pipeline.0.hyperparameters.lora_dropout',
    /give a lora_rank/,
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

it.each(BAD)('is refused before anything is queued: %s', async (_, body, code, param, says) => {
  const { api, sft, rl, pairs } = await filesOfJobs();
  const response = await createJob(api, body({ sft, rl, pairs }));
  expect(response.json()).toMatchObject({ error: { code, param, type: 'invalid_request_error' } });
  expect((response.json() as { error: { message: string } }).error.message).toMatch(says);
  expect(response.statusCode).toBe(400);
  expect((await api.deps.store.list('jobs/')).entries).toEqual([]);
});
