/** A streamed text completion: chunks of the buffered answer's own shape, usage if asked for, and `[DONE]`. */
import type { TextCompletion } from '@preheat/contracts';
import { acquireWarming, type Warming } from '../chat/acquire-warming.js';
import { type AnswerPiece, answerPieces } from '../chat/answer-pieces.js';
import { type CompletionHeader, usageOf } from '../chat/complete-chat.js';
import { dataFrame, DONE_FRAME } from '../streaming/server-sent-events.js';
import type { TextPlan } from './plan-text.js';
import { toTextLogProbs } from './text-log-probs.js';

export interface StreamTextOptions extends Warming {
  readonly plan: TextPlan;
  readonly header: CompletionHeader;
  readonly includeUsage: boolean;
}

type Choice = TextCompletion['choices'][number];

export async function* streamText(options: StreamTextOptions): AsyncGenerator<string> {
  const { plan, header, includeUsage, signal } = options;
  const chunk = (choices: Choice[], usage: TextCompletion['usage'] = null) =>
    dataFrame({
      ...header,
      object: 'text_completion',
      choices,
      ...(includeUsage ? { usage } : {}),
    } satisfies TextCompletion);
  const model = yield* acquireWarming(options);
  try {
    for (const [index, text] of plan.echoes.entries()) {
      if (text !== '') yield chunk([{ index, text, finish_reason: null, logprobs: null }]);
    }
    let completionTokens = 0;
    const cachedTokens = plan.requests.map(() => 0);
    // Text may be held back, tokens are not: where the next of each choice begins.
    const begins = plan.echoes.map(({ length }) => length);
    for await (const piece of answerPieces(model, plan, signal)) {
      const { index, text, finishReason } = piece;
      completionTokens += piece.taken;
      cachedTokens[index] = piece.decoded?.row.cachedTokens ?? cachedTokens[index] ?? 0;
      const placed = logProbsOf(piece, plan, begins[index] ?? 0);
      if (placed) begins[index] = placed.end;
      if (text === '' && finishReason === null && !placed) continue;
      yield chunk([{ index, text, finish_reason: finishReason, logprobs: placed?.logprobs ?? null }]);
    }
    if (includeUsage) yield chunk([], usageOf(plan, completionTokens, cachedTokens));
    yield DONE_FRAME;
  } finally {
    await model.release();
  }
}

function logProbsOf({ decoded }: AnswerPiece, { topLogProbs, tokenizer }: TextPlan, begin: number) {
  if (topLogProbs === null || !decoded) return null;
  return toTextLogProbs(decoded.row, decoded.tokens, topLogProbs, { tokenizer, begin });
}
