/** A streamed text completion: chunks of the buffered answer's own shape, usage if asked for, and `[DONE]`. */
import type { TextCompletion } from '@preheat/contracts';
import { acquireWarming, type Warming } from '../chat/acquire-warming.js';
import { type AnswerPiece, answerPieces } from '../chat/answer-pieces.js';
import { type CompletionHeader, usageOf } from '../chat/complete-chat.js';
import { dataFrame, DONE_FRAME } from '../streaming/server-sent-events.js';
import type { TextPlan } from './plan-text.js';
import { scorePrompts } from './score-prompts.js';
import { rowLogProbs, TextOffsets } from './text-log-probs.js';

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
    const prompts = await scorePrompts(model, plan, signal);
    const isOver = plan.options.maxNewTokens === 0;
    for (const [index, text] of plan.echoes.entries()) {
      const logprobs = prompts[index] ?? null;
      if (text === '' && !logprobs && !isOver) continue;
      yield chunk([{ index, text, finish_reason: isOver ? 'length' : null, logprobs }]);
    }
    let completionTokens = 0;
    const cachedTokens = plan.requests.map(() => 0);
    // Text may be held back, tokens are not.
    const offsets = plan.echoes.map(({ length }) => new TextOffsets(plan.tokenizer, length));
    for await (const piece of isOver ? [] : answerPieces(model, plan, signal)) {
      const { index, text, finishReason } = piece;
      completionTokens += piece.taken;
      cachedTokens[index] = piece.decoded?.row.cachedTokens ?? cachedTokens[index] ?? 0;
      const logprobs = logProbsOf(piece, plan, offsets[index]);
      if (text === '' && finishReason === null && !logprobs) continue;
      yield chunk([{ index, text, finish_reason: finishReason, logprobs }]);
    }
    if (includeUsage) yield chunk([], usageOf(plan, completionTokens, cachedTokens));
    yield DONE_FRAME;
  } finally {
    await model.release();
  }
}

function logProbsOf({ decoded }: AnswerPiece, { topLogProbs, tokenizer }: TextPlan, offsets?: TextOffsets) {
  if (topLogProbs === null || !decoded || !offsets) return null;
  return rowLogProbs(decoded.row, decoded.tokens, topLogProbs, { tokenizer, offsets });
}
