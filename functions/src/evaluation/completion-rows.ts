/** Rows of a run made of stored completions: the request is the item, the answer the sample. */
import {
  ApiError,
  type EvalRow,
  MAX_INLINE_ROWS,
  type StoredCompletion,
  type StoredCompletionsSource,
  type StoredEval,
} from '@preheat/contracts';
import type { StoredCompletions } from '../stored-completions/stored-completions.js';

/** Those that match now, the oldest first. @throws ApiError `invalid_request` when there are none. */
export async function completionRows(
  completions: StoredCompletions,
  evaluation: StoredEval,
  source: StoredCompletionsSource,
): Promise<EvalRow[]> {
  const wanted = [evaluation.completions?.metadata, source.metadata];
  const filter = {
    model: source.model ?? undefined,
    createdAfter: source.created_after ?? undefined,
    createdBefore: source.created_before ?? undefined,
  };
  const limit = source.limit ?? MAX_INLINE_ROWS;
  const page = await completions.list(
    evaluation.projectId,
    { order: 'asc', limit },
    { ...filter, metadata: wanted.map((one) => one ?? {}) },
  );
  if (page.items.length === 0) {
    const message = 'No stored completion matches the filters of the eval and the run; store some with store: true.';
    throw new ApiError('invalid_request', message, { param: 'data_source.source' });
  }
  if (page.hasMore && (source.limit ?? null) === null) {
    const message = `More than ${MAX_INLINE_ROWS} stored completions match; set a limit or narrow the filters.`;
    throw new ApiError('invalid_request', message, { param: 'data_source.source.limit' });
  }
  return page.items.map(toRow);
}

function toRow({ completion, messages, metadata }: StoredCompletion): EvalRow {
  const { id, model, created, choices, usage } = completion;
  const [first] = choices;
  return {
    item: { input: messages, completion_id: id, model, created_at: created, metadata: metadata ?? {} },
    sample: {
      input: messages,
      output_text: first?.message.content ?? '',
      ...(first?.message.tool_calls ? { output_tools: first.message.tool_calls } : {}),
      choices: choices.map(({ index, message, finish_reason }) => ({ index, message, finish_reason })),
      finish_reason: first?.finish_reason ?? 'stop',
      model,
      usage: {
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        total_tokens: usage.total_tokens,
        cached_tokens: usage.prompt_tokens_details.cached_tokens,
      },
    },
  };
}
