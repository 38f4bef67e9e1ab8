/** How a run's model answers. What OpenAI's wire knows and this platform does not do is refused by name, never ignored. */
import { ApiError, type RunDataSource, type SampledDataSource, type StoredRun } from '@preheat/contracts';
import { samplingOptions } from '../chat/plan-completion.js';

export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** Null: as much as the context leaves. */
  readonly maxCompletionTokens: number | null;
}

export function samplingOf(run: StoredRun, fallbackSeed: number): Sampling {
  const params = run.dataSource.type === 'jsonl' ? undefined : run.dataSource.sampling_params;
  return {
    ...samplingOptions(params?.temperature, params?.top_p),
    seed: params?.seed ?? fallbackSeed,
    maxCompletionTokens: params?.max_completion_tokens ?? null,
  };
}

/** The model that answers; null when the rows bring their answers. */
export const modelOf = (source: RunDataSource): string | null =>
  source.type === 'jsonl' ? null : (source.model ?? null);

interface Rule {
  /** Whether the value says what happens anyway. */
  readonly isNeutral: (value: unknown) => boolean;
  readonly reason: string;
}

const typeOf = (value: unknown) => (value as { type?: unknown } | null)?.type;
const NOT_CONSTRAINED =
  'answers of eval runs are not constrained to a format; ask for it in input_messages and read {{ sample.output_json }}';

const RULES: Readonly<Record<string, Rule>> = {
  reasoning_effort: { isNeutral: (value) => value === 'none', reason: 'the models served here do not reason apart' },
  tools: {
    isNeutral: (value) => Array.isArray(value) && value.length === 0,
    reason: 'the models served here call no tools',
  },
  response_format: { isNeutral: (value) => typeOf(value) === 'text', reason: NOT_CONSTRAINED },
  text: {
    isNeutral: (value) => ['{}', '{"format":{"type":"text"}}'].includes(JSON.stringify(value)),
    reason: NOT_CONSTRAINED,
  },
};

/** @throws ApiError `unsupported_parameter` with the reason. */
export function refuseUnservedSampling({ sampling_params }: SampledDataSource): void {
  const params = (sampling_params ?? {}) as Readonly<Record<string, unknown>>;
  for (const [name, { isNeutral, reason }] of Object.entries(RULES)) {
    const value = params[name];
    if (value === undefined || value === null || isNeutral(value)) continue;
    const param = `data_source.sampling_params.${name}`;
    throw new ApiError('unsupported_parameter', `'${param}' is not served: ${reason}.`, { param });
  }
}
