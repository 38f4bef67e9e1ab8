/**
 * A streamed chat completion: role, text as it becomes certain, the finish reason of each choice, usage if asked for, and
 * `[DONE]`. While the model is being loaded, comments keep the connection alive.
 */
import type { ChatCompletionChunk } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';
import type { ServedModel } from '../serving/decoder-serving.js';
import { dataFrame, DONE_FRAME } from '../streaming/server-sent-events.js';
import { type CompletionHeader, choiceRequest, spokenTokens, usageOf } from './complete-chat.js';
import { CompletionText } from './completion-text.js';
import { toWireLogProbs, type WireLogProbs } from './log-probs.js';
import type { CompletionPlan } from './plan-completion.js';

export interface StreamChatOptions {
  readonly plan: CompletionPlan;
  readonly header: CompletionHeader;
  readonly includeUsage: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  acquire(): Promise<ServedModel>;
}

const WARMING_EVERY_MS = 5_000;
const WARMING_FRAME = ': warming\n\n';
const CHUNK_TOKENS = 8;

type Choice = ChatCompletionChunk['choices'][number];

export async function* streamChat(options: StreamChatOptions): AsyncGenerator<string> {
  const { plan, header, includeUsage } = options;
  const chunk = (choices: Choice[], usage: ChatCompletionChunk['usage'] = null) =>
    dataFrame({
      ...header,
      object: 'chat.completion.chunk',
      choices,
      ...(includeUsage ? { usage } : {}),
    } satisfies ChatCompletionChunk);

  const model = yield* acquireWarming(options);
  try {
    let completionTokens = 0;
    const streams = Array.from({ length: plan.choices }, (_, index) => streamChoice(model, options, index));
    for await (const { choice, tokens } of interleaved(streams)) {
      completionTokens += tokens;
      yield chunk([choice]);
    }
    if (includeUsage) yield chunk([], usageOf(plan.prompt.length, completionTokens));
    yield DONE_FRAME;
  } finally {
    await model.release();
  }
}

/** Waits for the model; a comment every few seconds tells clients and proxies that the wait is intended. */
async function* acquireWarming({ acquire, clock, signal }: StreamChatOptions): AsyncGenerator<string, ServedModel> {
  const ready = acquire();
  for (;;) {
    const tick = new AbortController();
    const tired = clock.sleep(WARMING_EVERY_MS, AbortSignal.any([signal, tick.signal])).then(() => undefined);
    const first = await Promise.race([ready, tired.catch(() => undefined)]);
    tick.abort();
    if (first !== undefined) return first;
    if (signal.aborted) {
      await (await ready).release();
      signal.throwIfAborted();
    }
    yield WARMING_FRAME;
  }
}

interface Piece {
  readonly choice: Choice;
  /** Tokens taken by this piece. */
  readonly tokens: number;
}

async function* streamChoice(model: ServedModel, options: StreamChatOptions, index: number): AsyncGenerator<Piece> {
  const { plan, signal } = options;
  const piece = (delta: Choice['delta'], tokens: number, finish: Choice['finish_reason'], logprobs: WireLogProbs) => ({
    choice: { index, delta, finish_reason: finish, logprobs },
    tokens,
  });
  yield piece({ role: 'assistant', content: '' }, 0, null, null);
  const text = new CompletionText(plan.tokenizer, plan.stops);
  let finish: 'stop' | 'length' = 'length';
  for await (const row of model.decoder.stream(choiceRequest(plan, index), {
    ...plan.options,
    signal,
    chunkTokens: CHUNK_TOKENS,
  })) {
    const before = text.tokenCount;
    const content = text.push(spokenTokens(row));
    const added = text.tokenCount - before;
    const taken = text.isStopped ? added : row.tokens.length;
    const logprobs = plan.topLogProbs === null ? null : toWireLogProbs(row, added, plan.topLogProbs, plan.tokenizer);
    if (content !== '' || logprobs !== null || taken > 0) yield piece({ content }, taken, null, logprobs);
    finish = text.isStopped ? 'stop' : row.finishReason;
    if (text.isStopped) break;
  }
  const rest = text.finish();
  if (rest !== '') yield piece({ content: rest }, 0, null, null);
  yield piece({}, 0, finish, null);
}

/** One item of each source in turn, so that no choice waits for another to end. */
async function* interleaved<T>(sources: AsyncGenerator<T>[]): AsyncGenerator<T> {
  let live = sources;
  try {
    while (live.length > 0) {
      const ended = new Set<AsyncGenerator<T>>();
      for (const source of live) {
        const next = await source.next();
        if (next.done) ended.add(source);
        else yield next.value;
      }
      live = live.filter((source) => !ended.has(source));
    }
  } finally {
    for (const source of live) await source.return(undefined);
  }
}
