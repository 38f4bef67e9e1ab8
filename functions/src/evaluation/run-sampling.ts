/** How a run's model answers. What OpenAI's wire knows and this platform does not do is refused by name, never ignored. */
import {
  ApiError,
  type ChatTool,
  type ResponseFormat,
  type RunDataSource,
  type SampledDataSource,
  type StoredRun,
} from '@preheat/contracts';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { answerConstraint, samplingOptions } from '../chat/plan-completion.js';
import { planTools, type ToolPlan } from '../chat/plan-tools.js';
import type { ConstrainingFields } from '../chat/response-format.js';

export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** Null: as much as the context leaves. */
  readonly maxCompletionTokens: number | null;
  readonly constraining: Constraining;
}

/** What answers are held to, as it was asked for. */
export interface Constraining {
  readonly format: ResponseFormat | null;
  readonly tools: readonly ChatTool[];
  readonly fields: ConstrainingFields;
}

export function samplingOf(run: StoredRun, fallbackSeed: number): Sampling {
  const source = run.dataSource;
  const params = source.type === 'jsonl' ? undefined : source.sampling_params;
  return {
    ...samplingOptions(params?.temperature, params?.top_p),
    seed: params?.seed ?? fallbackSeed,
    maxCompletionTokens: params?.max_completion_tokens ?? null,
    constraining: source.type === 'jsonl' ? { format: null, tools: [], fields: COMPLETIONS } : constrainingOf(source),
  };
}

/** The model that answers; null when the rows bring their answers. */
export const modelOf = (source: RunDataSource): string | null =>
  source.type === 'jsonl' ? null : (source.model ?? null);

const PARAMS = 'data_source.sampling_params';
const COMPLETIONS: ConstrainingFields = {
  tools: `${PARAMS}.tools`,
  format: `${PARAMS}.response_format`,
  schema: `${PARAMS}.response_format.json_schema.schema`,
};
const RESPONSES: ConstrainingFields = {
  tools: `${PARAMS}.tools`,
  format: `${PARAMS}.text.format`,
  schema: `${PARAMS}.text.format.schema`,
};

export function constrainingOf(source: SampledDataSource): Constraining {
  if (source.type === 'completions') {
    const { response_format: format, tools } = source.sampling_params ?? {};
    return { format: format ?? null, tools: tools ?? [], fields: COMPLETIONS };
  }
  const format = source.sampling_params?.text?.format;
  return { format: format ? inWordsOfChat(format) : null, tools: [], fields: RESPONSES };
}

type TextFormat = NonNullable<
  NonNullable<NonNullable<Extract<SampledDataSource, { type: 'responses' }>['sampling_params']>['text']>['format']
>;

function inWordsOfChat(format: TextFormat): ResponseFormat {
  if (format.type !== 'json_schema') return format;
  const { type, ...json_schema } = format;
  return { type, json_schema };
}

/** What a model needs to answer so. @throws ApiError naming the field that it cannot keep. */
export function planAnswers(
  model: ModelDescription,
  { format, tools, fields }: Constraining,
): { readonly tools: ToolPlan | null; readonly options: ReturnType<typeof answerConstraint> } {
  const plan = planTools(model, { tools: [...tools], response_format: format }, fields);
  return { tools: plan, options: answerConstraint(model, plan, format, fields) };
}

interface Rule {
  /** Whether the value says what happens anyway. */
  readonly isNeutral: (value: unknown) => boolean;
  readonly reason: string;
}

const REASONING: Rule = {
  isNeutral: (value) => value === 'none',
  reason: 'the models served here do not reason apart',
};
const RULES: Readonly<Record<SampledDataSource['type'], Readonly<Record<string, Rule>>>> = {
  completions: { reasoning_effort: REASONING },
  responses: {
    reasoning_effort: REASONING,
    tools: {
      isNeutral: (value) => Array.isArray(value) && value.length === 0,
      reason: "in a 'responses' data source; a 'completions' data source takes functions",
    },
  },
};

/** @throws ApiError `unsupported_parameter` with the reason. */
export function refuseUnservedSampling({ type, sampling_params }: SampledDataSource): void {
  const params = (sampling_params ?? {}) as Readonly<Record<string, unknown>>;
  for (const [name, { isNeutral, reason }] of Object.entries(RULES[type])) {
    const value = params[name];
    if (value === undefined || value === null || isNeutral(value)) continue;
    const param = `${PARAMS}.${name}`;
    throw new ApiError('unsupported_parameter', `'${param}' is not served: ${reason}.`, { param });
  }
}
