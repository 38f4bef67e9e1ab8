/** Fine-tuning jobs, events, checkpoints, permissions and graders (sections A.5 and A.6 of the wire). */
import Type from 'typebox';
import {
  always,
  anything,
  closed,
  extension,
  flag,
  id,
  list,
  map,
  maybe,
  metadata,
  number,
  one,
  optional,
  refused,
  seconds,
  text,
  whole,
} from './notation.js';

const autoOr = (schema: ReturnType<typeof number> | ReturnType<typeof whole>) => Type.Union([one('auto'), schema]);
const common = () => ({
  n_epochs: optional(autoOr(whole())),
  batch_size: optional(autoOr(whole())),
  learning_rate_multiplier: optional(autoOr(number())),
});
/** Open: which hyperparameters a grader or a phase takes is its own, tested elsewhere. */
const Grader = Type.Object({ type: text(), name: text() }, { additionalProperties: Type.Unknown() });

const Method = () =>
  closed({
    type: one('supervised', 'reinforcement', 'dpo'),
    supervised: optional(closed({ hyperparameters: optional(closed(common())) })),
    dpo: optional(closed({ hyperparameters: optional(closed({ ...common(), beta: optional(autoOr(number())) })) })),
    reinforcement: optional(
      closed({
        grader: Grader,
        hyperparameters: optional(
          closed({
            ...common(),
            compute_multiplier: optional(autoOr(number())),
            eval_interval: optional(autoOr(whole())),
            eval_samples: optional(autoOr(whole())),
            reasoning_effort: optional(one('default', 'low', 'medium', 'high')),
          }),
        ),
        algorithm: optional(extension(text())),
      }),
    ),
  });

export const JobRequest = closed({
  model: text(),
  training_file: text(),
  validation_file: optional(maybe(text())),
  suffix: optional(maybe(text())),
  seed: optional(maybe(whole())),
  metadata: optional(maybe(metadata())),
  method: optional(Method()),
  hyperparameters: optional(map(anything())),
  integrations: refused('no integration is served', [{ type: 'wandb', wandb: { project: 'p' } }]),
  pipeline: optional(extension(list(anything()))),
  publish: optional(extension(maybe(map(anything())))),
  budget: optional(extension(map(anything()))),
  scheduling: optional(extension(map(anything()))),
  guards: optional(extension(map(anything()))),
  preflight: optional(extension(maybe(map(anything())))),
  retention: optional(extension(maybe(map(anything())))),
});

export const Job = closed({
  object: one('fine_tuning.job'),
  id: id('ftjob-'),
  model: text(),
  created_at: seconds(),
  finished_at: maybe(seconds()),
  estimated_finish: maybe(seconds()),
  fine_tuned_model: maybe(text()),
  organization_id: text(),
  status: one('validating_files', 'queued', 'running', 'paused', 'pausing', 'succeeded', 'failed', 'cancelled'),
  training_file: id('file-'),
  validation_file: maybe(id('file-')),
  result_files: list(id('file-')),
  trained_tokens: maybe(whole()),
  seed: whole(),
  hyperparameters: map(anything()),
  method: maybe(Method()),
  error: maybe(closed({ code: text(), message: text(), param: maybe(text()) })),
  integrations: Type.Null(),
  metadata: maybe(metadata()),
  user_provided_suffix: maybe(text()),
  eval_id: maybe(id('eval_')),
  publication: extension(maybe(map(anything()))),
  pipeline: extension(list(anything())),
  progress: extension(maybe(map(anything()))),
  queue: extension(maybe(map(anything()))),
  budget: extension(map(anything())),
  scheduling: extension(map(anything())),
  guards: extension(map(anything())),
  usage_metrics: extension(map(number())),
  preflight: extension(maybe(map(anything()))),
  retention: extension(map(anything())),
  starts_from: extension(maybe(map(anything()))),
  ended_early: extension(maybe(map(anything()))),
});

export const Event = closed({
  object: one('fine_tuning.job.event'),
  id: id('ftevent-'),
  created_at: seconds(),
  level: one('info', 'warn', 'error'),
  message: text(),
  type: one('message', 'metrics'),
  data: maybe(map(anything())),
});

export const Checkpoint = closed({
  object: one('fine_tuning.job.checkpoint'),
  id: id('ftckpt'),
  created_at: seconds(),
  fine_tuning_job_id: id('ftjob-'),
  fine_tuned_model_checkpoint: Type.String({ pattern: '^ft:.+:ckpt-step-[0-9]+$' }),
  step_number: whole(),
  metrics: map(number()),
  phase: extension(whole()),
  phase_step: extension(whole()),
});

export const PermissionRequest = closed({ project_ids: list(text()) });
export const Permission = closed({
  id: id('cp_'),
  object: one('checkpoint.permission'),
  created_at: seconds(),
  project_id: text(),
});
export const DeletedPermission = closed({ id: id('cp_'), object: one('checkpoint.permission'), deleted: always(true) });

export const GraderRunRequest = closed({ grader: Grader, model_sample: text(), item: optional(map(anything())) });
export const GraderRun = closed({
  reward: number(),
  sub_rewards: map(number()),
  model_grader_token_usage_per_model: map(anything()),
  metadata: closed({
    name: text(),
    type: text(),
    execution_time: number(),
    scores: map(number()),
    sampled_model_name: maybe(text()),
    token_usage: anything(),
    errors: closed({
      formula_parse_error: flag(),
      sample_parse_error: flag(),
      truncated_observation_error: flag(),
      unresponsive_reward_error: flag(),
      invalid_variable_error: flag(),
      other_error: flag(),
      python_grader_server_error: flag(),
      python_grader_server_error_type: maybe(text()),
      python_grader_runtime_error: flag(),
      python_grader_runtime_error_details: maybe(text()),
      model_grader_server_error: flag(),
      model_grader_refusal_error: flag(),
      model_grader_parse_error: flag(),
      model_grader_server_error_details: maybe(text()),
    }),
    error_messages: extension(list(text())),
  }),
});
export const GraderValidation = closed({ grader: Grader });
