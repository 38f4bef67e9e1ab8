/** POST /v1/fine_tuning/alpha/graders/{run,validate}: a grader tried on one sample, or only checked. */
import { GraderErrors, GraderSpec } from '@preheat/contracts';
import { type CompiledGrader, compileGrader, grade } from '@preheat/graders';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import { firstProblem } from '../fine-tuning/preflight.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';

const tags = ['Graders'];
const Scores = Type.Record(Type.String(), Type.Number());

const RunRequest = Type.Object({
  grader: GraderSpec,
  model_sample: Type.String({ maxLength: 1_000_000 }),
  item: Type.Optional(Type.Record(Type.String({ maxLength: 128 }), Type.Unknown())),
});
const RunResult = Type.Object({
  reward: Type.Number(),
  sub_rewards: Scores,
  model_grader_token_usage_per_model: Type.Object({}),
  metadata: Type.Object({
    name: Type.String(),
    type: Type.String(),
    /** Seconds. */
    execution_time: Type.Number(),
    scores: Scores,
    sampled_model_name: Type.Null(),
    token_usage: Type.Null(),
    errors: GraderErrors,
    /** Extension: what the raised flags mean here. */
    error_messages: Type.Array(Type.String()),
  }),
});
const Validation = Type.Object({ grader: GraderSpec });

export function graderRoutes(app: App, { clock }: ApiDependencies): void {
  const run = {
    operationId: 'runGrader',
    summary: 'Grade one sample',
    tags,
    body: RunRequest,
    response: withErrors({ 200: RunResult }, ...BODY_ERRORS, 'invalid_grader'),
  };
  app.post('/fine_tuning/alpha/graders/run', { schema: run }, async ({ body }) => {
    const compiled = compiledOrRefused(body.grader);
    const startMs = clock.nowMs();
    const sample = { output_text: body.model_sample, ...parsedJson(body.model_sample) };
    const result = await grade(compiled, { sample, item: body.item ?? {} });
    return {
      reward: result.reward,
      sub_rewards: { ...result.subRewards },
      model_grader_token_usage_per_model: {},
      metadata: {
        name: compiled.grader.name,
        type: compiled.grader.type,
        execution_time: (clock.nowMs() - startMs) / 1000,
        scores: { ...result.subRewards },
        sampled_model_name: null,
        token_usage: null,
        errors: result.errors,
        error_messages: [...result.errorMessages],
      },
    };
  });

  const validate = {
    operationId: 'validateGrader',
    summary: 'Check a grader and answer with its normal form',
    tags,
    body: Validation,
    response: withErrors({ 200: Validation }, ...BODY_ERRORS, 'invalid_grader'),
  };
  app.post('/fine_tuning/alpha/graders/validate', { schema: validate }, async ({ body }) => {
    return { grader: { ...compiledOrRefused(body.grader).grader } };
  });
}

function compiledOrRefused(spec: unknown): CompiledGrader {
  const result = compileGrader(spec, 'grader');
  if (result.ok) return result.value;
  throw firstProblem('invalid_grader', result.problems);
}

/** The run endpoint fills `output_json` when the sample happens to be JSON. */
function parsedJson(text: string): { output_json?: unknown } {
  try {
    return { output_json: JSON.parse(text) as unknown };
  } catch {
    return {};
  }
}
