/** Evals, runs and output items (section A.7 of the wire). */
import Type from 'typebox';
import { ResponseFormat, TextFormat, Tool } from './chat.js';
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

const Messages = () =>
  closed({
    type: one('template', 'item_reference'),
    template: optional(list(closed({ role: text(), content: anything(), type: optional(one('message')) }))),
    item_reference: optional(text()),
  });
/** What is marked is refused unless it says what happens anyway: no effort. */
export const SamplingParams = closed({
  temperature: optional(maybe(number())),
  top_p: optional(maybe(number())),
  seed: optional(maybe(whole())),
  max_completion_tokens: optional(maybe(whole())),
  reasoning_effort: refused('the models served here do not reason apart', 'low'),
  tools: optional(maybe(list(Tool()))),
  response_format: optional(maybe(ResponseFormat())),
  text: optional(maybe(closed({ format: optional(TextFormat()) }))),
});
export const RunRequest = closed({
  data_source: closed({
    type: one('jsonl', 'completions', 'responses'),
    /** One of type `responses` is refused: there are no stored responses. */
    source: closed({
      type: one('file_id', 'file_content', 'stored_completions'),
      id: optional(text()),
      content: optional(list(closed({ item: map(anything()), sample: optional(maybe(map(anything()))) }))),
      model: optional(maybe(text())),
      metadata: optional(maybe(metadata())),
      created_after: optional(maybe(whole())),
      created_before: optional(maybe(whole())),
      limit: optional(maybe(whole())),
    }),
    model: optional(maybe(text())),
    input_messages: optional(maybe(Messages())),
    sampling_params: optional(maybe(SamplingParams)),
  }),
  name: optional(text()),
  metadata: optional(maybe(metadata())),
  samples_per_item: optional(extension(maybe(whole()))),
  pass_at_k: optional(extension(maybe(list(whole())))),
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
  data_source: Type.Object({ type: text() }, { additionalProperties: Type.Unknown() }),
  metadata: maybe(metadata()),
  error: maybe(closed({ code: text(), message: text() })),
  result_counts: closed({ total: whole(), errored: whole(), failed: whole(), passed: whole() }),
  per_model_usage: maybe(list(Usage)),
  per_testing_criteria_results: maybe(
    list(
      closed({
        testing_criteria: text(),
        passed: whole(),
        failed: whole(),
        mean_score: extension(maybe(number())),
      }),
    ),
  ),
  samples_per_item: extension(whole()),
  pass_at_k: extension(maybe(list(closed({ testing_criteria: maybe(text()), k: whole(), value: number() })))),
});
export const DeletedRun = closed({ object: one('eval.run.deleted'), deleted: always(true), run_id: id('evalrun_') });

const Message = () => closed({ role: text(), content: text() });
/** A model and what it said: the one under test, or a judge. */
const Sample = () =>
  closed({
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
  });
export const OutputItem = closed({
  object: one('eval.run.output_item'),
  id: id('outputitem_'),
  created_at: seconds(),
  run_id: id('evalrun_'),
  eval_id: id('eval_'),
  status: one('pass', 'fail', 'error'),
  datasource_item_id: whole(),
  datasource_item: map(anything()),
  sample_index: optional(extension(whole())),
  results: list(
    closed({
      name: text(),
      type: optional(text()),
      score: number(),
      passed: flag(),
      sample: optional(maybe(Sample())),
      sub_scores: optional(extension(map(number()))),
      sub_samples: optional(extension(map(Sample()))),
      errors: optional(extension(list(text()))),
    }),
  ),
  sample: Sample(),
});
