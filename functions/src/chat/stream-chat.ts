/**
 * A streamed chat completion: role, text as it becomes certain and calls once they are whole, the finish reason of each
 * choice, usage if asked for, and `[DONE]`. While the model is being loaded, comments keep the connection alive.
 */
import type { ChatCompletionChunk } from '@preheat/contracts';
import { dataFrame, DONE_FRAME } from '../streaming/server-sent-events.js';
import { acquireWarming, type Warming } from './acquire-warming.js';
import { type AnswerPiece, answerPieces } from './answer-pieces.js';
import type { AnswerReader, Said } from './answer-reader.js';
import { choiceReader, type CompletionHeader, tokenFields, usageOf } from './complete-chat.js';
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
    const writers = plan.requests.map((_, index) => new ChoiceWriter(plan, header, index));
    for (const writer of writers) yield chunk([writer.begin()]);
    let completionTokens = 0;
    const cachedTokens = plan.requests.map(() => 0);
    for await (const piece of answerPieces(model, plan, signal)) {
      completionTokens += piece.taken;
      cachedTokens[piece.index] = piece.decoded?.row.cachedTokens ?? cachedTokens[piece.index] ?? 0;
      for (const choice of writers[piece.index]?.write(piece) ?? []) yield chunk([choice]);
    }
    if (includeUsage) yield chunk([], usageOf(plan, completionTokens, cachedTokens));
    yield DONE_FRAME;
  } finally {
    await model.release();
  }
}

/** One choice as a stream says it. */
class ChoiceWriter {
  readonly #plan: CompletionPlan;
  readonly #index: number;
  readonly #reader: AnswerReader;
  #calls = 0;

  constructor(plan: CompletionPlan, header: CompletionHeader, index: number) {
    this.#plan = plan;
    this.#index = index;
    this.#reader = choiceReader(plan, header, index);
  }

  /** Where tools may be called, there may be no content at all. */
  begin(): Choice {
    return this.#choice({ role: 'assistant', content: this.#plan.tools ? null : '' });
  }

  write({ text, decoded, taken, finishReason }: AnswerPiece): Choice[] {
    if (finishReason !== null) {
      const rest = this.#delta(this.#reader.finish());
      const end: Choice = { ...this.#choice({}), finish_reason: this.#reader.finishReason(finishReason) };
      return Object.keys(rest).length === 0 ? [end] : [this.#choice(rest), end];
    }
    const { topLogProbs, tokenizer, returnsTokenIds } = this.#plan;
    const logprobs =
      topLogProbs === null || !decoded ? null : toWireLogProbs(decoded.row, decoded.tokens, topLogProbs, tokenizer);
    const delta = this.#delta(this.#reader.push(text));
    if (Object.keys(delta).length === 0 && logprobs === null && taken === 0) return [];
    // What is held back as it may become a call keeps the connection alive all the same.
    const drawn = returnsTokenIds && decoded ? tokenFields(decoded.row, taken) : {};
    return [{ ...this.#choice(this.#plan.tools ? delta : { content: '', ...delta }), logprobs, ...drawn }];
  }

  #delta({ content, toolCalls }: Said): Choice['delta'] {
    const calls = toolCalls.map((call) => ({ index: this.#calls++, ...call }));
    return { ...(content === '' ? {} : { content }), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
  }

  #choice(delta: Choice['delta']): Choice {
    return { index: this.#index, delta, finish_reason: null, logprobs: null };
  }
}
