/** Evals, runs and output items (section A.7 of the wire). */
import Type from 'typebox';
import {
  always,
  anything,
  closed,
  flag,
  id,
  list,
  map,
  maybe,
  metadata,
  number,
  one,
  optional,
  seconds,
  text,
  whole,
} from './notation.js';

const Criterion = () => Type.Object({ type: text(), name: text() }, { additionalProperties: Type.Unknown() });

export const EvalRequest = closed({
  data_source_config: Type.Union([
    closed({ type: one('custom'), item_schema: map(anything()), include_sample_schema: optional(flag()) }),
    closed({ type: one('logs', 'stored_completions'), metadata: optional(maybe(metadata())) }),
  ]),
  testing_criteria: list(Criterion()),
  name: optional(text()),
  metadata: optional(maybe(metadata())),
});
export const EvalUpdate = closed({ name: optional(text()), metadata: optional(maybe(metadata())) });

export const Eval = closed({
  object: one('eval'),
  id: id('eval_'),
  name: text(),
  created_at: seconds(),
  metadata: maybe(metadata()),
  data_source_config: closed({
    type: one('custom', 'logs', 'stored_completions'),
    schema: map(anything()),
    metadata: optional(maybe(metadata())),
  }),
  testing_criteria: list(Criterion()),
});
export const DeletedEval = closed({ object: one('eval.deleted'), deleted: always(true), eval_id: id('eval_') });

const Source = () => Type.Object({ type: text() }, { additionalProperties: Type.Unknown() });
export const RunRequest = closed({
  data_source: closed({
    type: one('jsonl', 'completions', 'responses'),
    source: Source(),
    model: optional(text()),
    input_messages: optional(Source()),
    sampling_params: optional(map(anything())),
  }),
  name: optional(text()),
  metadata: optional(maybe(metadata())),
});

const Usage = closed({
  model_name: text(),
  invocation_count: whole(),
  prompt_tokens: whole(),
  completion_tokens: whole(),
  cached_tokens: whole(),
  total_tokens: whole(),
});
export const Run = closed({
  object: one('eval.run'),
  id: id('evalrun_'),
  eval_id: id('eval_'),
  status: one('queued', 'in_progress', 'completed', 'canceled', 'failed'),
  model: text(),
  name: text(),
  created_at: seconds(),
  report_url: text(),
  data_source: Source(),
  metadata: maybe(metadata()),
  error: maybe(closed({ code: text(), message: text() })),
  result_counts: closed({ total: whole(), errored: whole(), failed: whole(), passed: whole() }),
  per_model_usage: maybe(list(Usage)),
  per_testing_criteria_results: maybe(list(closed({ testing_criteria: text(), passed: whole(), failed: whole() }))),
});
export const DeletedRun = closed({ object: one('eval.run.deleted'), deleted: always(true), run_id: id('evalrun_') });

const Message = () => closed({ role: text(), content: text() });
export const OutputItem = closed({
  object: one('eval.run.output_item'),
  id: id('outputitem_'),
  created_at: seconds(),
  run_id: id('evalrun_'),
  eval_id: id('eval_'),
  status: one('pass', 'fail', 'error'),
  datasource_item_id: whole(),
  datasource_item: map(anything()),
  results: list(
    Type.Object(
      {
        name: text(),
        type: optional(text()),
        score: number(),
        passed: flag(),
        sample: optional(maybe(map(anything()))),
      },
      { additionalProperties: Type.Unknown() },
    ),
  ),
  sample: closed({
    input: list(Message()),
    output: list(Message()),
    finish_reason: text(),
    model: text(),
    usage: closed({
      total_tokens: whole(),
      completion_tokens: whole(),
      prompt_tokens: whole(),
      cached_tokens: whole(),
    }),
    error: maybe(closed({ code: text(), message: text() })),
    temperature: number(),
    max_completion_tokens: whole(),
    top_p: number(),
    seed: whole(),
  }),
});
