/** POST /v1/fine_tuning/alpha/graders/{run,validate}: a grader tried on one sample, or only checked. */
import { Count, GraderErrors, GraderSpec, jsonExcess, Nullable } from '@preheat/contracts';
import {
  answeredSample,
  type CompiledGrader,
  compileGrader,
  type GraderPool,
  type GradeResult,
  type TokenUsage,
} from '@preheat/graders';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import { firstProblem } from '../fine-tuning/first-problem.js';
import { refuseUnprovenGrader } from '../fine-tuning/prove-grader.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';

const tags = ['Graders'];
/** The patience of official clients. */
const RUN_LIMIT_MS = 600_000;
const Scores = Type.Record(Type.String(), Type.Number());

const Usage = Type.Object({
  prompt_tokens: Count,
  completion_tokens: Count,
  total_tokens: Count,
  cached_tokens: Count,
});

const RunRequest = Type.Object({
  grader: GraderSpec,
  model_sample: Type.String({ maxLength: 1_000_000 }),
  item: Type.Optional(Type.Record(Type.String({ maxLength: 128 }), Type.Unknown())),
});
const RunResult = Type.Object({
  reward: Type.Number(),
  sub_rewards: Scores,
  model_grader_token_usage_per_model: Type.Record(Type.String(), Usage),
  metadata: Type.Object({
    name: Type.String(),
    type: Type.String(),
    /** Seconds. */
    execution_time: Type.Number(),
    scores: Scores,
    /** The judge, when there is exactly one. */
    sampled_model_name: Nullable(Type.String()),
    /** Of all judges together. */
    token_usage: Nullable(Usage),
    errors: GraderErrors,
    /** Extension: what the raised flags mean here. */
    error_messages: Type.Array(Type.String()),
  }),
});
const Validation = Type.Object({ grader: GraderSpec });

export function graderRoutes(app: App, { clock, openGraders }: ApiDependencies): void {
  const run = {
    operationId: 'runGrader',
    summary: 'Grade one sample',
    tags,
    body: RunRequest,
    response: withErrors({ 200: RunResult }, ...BODY_ERRORS, 'invalid_grader'),
  };
  app.post('/fine_tuning/alpha/graders/run', { schema: run }, async ({ body, projectId }) => {
    const pool = await openGraders();
    const compiled = await provenOrRefused(body.grader, pool, projectId);
    const startMs = clock.nowMs();
    const answer = { content: body.model_sample, calls: [], finishReason: 'stop' } as const;
    const sample = { ...answeredSample(answer), ...parsedJson(body.model_sample) };
    const result = await pool.grade(
      compiled,
      { sample, item: body.item ?? {} },
      { projectId, signal: AbortSignal.timeout(RUN_LIMIT_MS) },
    );
    const usage = usageOf(result);
    const models = Object.keys(usage);
    return {
      reward: result.reward,
      sub_rewards: { ...result.subRewards },
      model_grader_token_usage_per_model: usage,
      metadata: {
        name: compiled.grader.name,
        type: compiled.grader.type,
        execution_time: (clock.nowMs() - startMs) / 1000,
        scores: { ...result.subRewards },
        sampled_model_name: models.length === 1 ? (models[0] ?? null) : null,
        token_usage: models.length === 0 ? null : Object.values(usage).reduce(addUsage),
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
  app.post('/fine_tuning/alpha/graders/validate', { schema: validate }, async ({ body, projectId }) => {
    return { grader: { ...(await provenOrRefused(body.grader, await openGraders(), projectId)).grader } };
  });
}

async function provenOrRefused(spec: unknown, pool: GraderPool, projectId: string): Promise<CompiledGrader> {
  const result = compileGrader(spec, 'grader');
  if (!result.ok) throw firstProblem('invalid_grader', result.problems);
  await refuseUnprovenGrader(result.value, { pool, projectId, path: 'grader' });
  return result.value;
}

/** Tokens by judge, over the leaves of the grader. */
function usageOf({ leaves }: GradeResult): Record<string, TokenUsage> {
  const usage: Record<string, TokenUsage> = {};
  for (const leaf of Object.values(leaves)) {
    for (const [model, more] of Object.entries(leaf.usage)) {
      const known = usage[model];
      usage[model] = known ? addUsage(known, more) : more;
    }
  }
  return usage;
}

function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
    cached_tokens: a.cached_tokens + b.cached_tokens,
  };
}

/** The run endpoint fills `output_json` when the sample happens to be JSON. */
function parsedJson(text: string): { output_json?: unknown } {
  if (jsonExcess(text) !== null) return {};
  try {
    return { output_json: JSON.parse(text) as unknown };
  } catch {
    return {};
  }
}
