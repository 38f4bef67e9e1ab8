/**
 * A streamed chat completion: role, text as it becomes certain, the finish reason of each choice, usage if asked for, and
 * `[DONE]`. While the model is being loaded, comments keep the connection alive.
 */
import type { ChatCompletionChunk } from '@preheat/contracts';
import { dataFrame, DONE_FRAME } from '../streaming/server-sent-events.js';
import { acquireWarming, type Warming } from './acquire-warming.js';
import { type AnswerPiece, answerPieces } from './answer-pieces.js';
import { type CompletionHeader, usageOf } from './complete-chat.js';
import { toWireLogProbs } from './log-probs.js';
import type { CompletionPlan } from './plan-completion.js';

export interface StreamChatOptions extends Warming {
  readonly plan: CompletionPlan;
  readonly header: CompletionHeader;
  readonly includeUsage: boolean;
}

type Choice = ChatCompletionChunk['choices'][number];

export async function* streamChat(options: StreamChatOptions): AsyncGenerator<string> {
  const { plan, header, includeUsage, signal } = options;
  const chunk = (choices: Choice[], usage: ChatCompletionChunk['usage'] = null) =>
    dataFrame({
      ...header,
      object: 'chat.completion.chunk',
      choices,
      ...(includeUsage ? { usage } : {}),
    } satisfies ChatCompletionChunk);

  const model = yield* acquireWarming(options);
  try {
    for (const index of plan.requests.keys()) {
      yield chunk([{ index, delta: { role: 'assistant', content: '' }, finish_reason: null, logprobs: null }]);
    }
    let completionTokens = 0;
    for await (const piece of answerPieces(model, plan, signal)) {
      completionTokens += piece.taken;
      const choice = toChoice(piece, plan);
      if (choice) yield chunk([choice]);
    }
    if (includeUsage) yield chunk([], usageOf(plan.promptTokens, completionTokens));
    yield DONE_FRAME;
  } finally {
    await model.release();
  }
}

/** Null for a piece that says nothing. */
function toChoice({ index, text, decoded, taken, finishReason }: AnswerPiece, plan: CompletionPlan): Choice | null {
  if (finishReason !== null) return { index, delta: {}, finish_reason: finishReason, logprobs: null };
  const { topLogProbs, tokenizer } = plan;
  const logprobs =
    topLogProbs === null || !decoded ? null : toWireLogProbs(decoded.row, decoded.tokens, topLogProbs, tokenizer);
  if (text === '' && logprobs === null && taken === 0) return null;
  return { index, delta: { content: text }, finish_reason: null, logprobs };
}
