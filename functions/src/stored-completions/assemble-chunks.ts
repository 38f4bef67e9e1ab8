/**
 * Reads the frames of a stream as they pass and makes of them the completion that a buffered answer would have been, for
 * `store: true`. Nothing is kept of a stream that broke.
 */
import type { ChatCompletion, ChatCompletionChunk } from '@preheat/contracts';
import { assistantMessage } from '../chat/complete-chat.js';
import { dataFrame } from '../streaming/server-sent-events.js';

type Choice = ChatCompletion['choices'][number];

export interface AssemblyOptions {
  readonly fingerprint: string;
  /** The frames tell the usage, which the client did not ask for. */
  readonly hidesUsage: boolean;
  /** Called with the completion before the last frame goes out. */
  keep(completion: ChatCompletion): Promise<void>;
}

/** Passes the frames on. They must end with the usage and `[DONE]`. */
export async function* assembled(frames: AsyncIterable<string>, options: AssemblyOptions): AsyncGenerator<string> {
  const choices = new Map<number, Choice>();
  for await (const frame of frames) {
    const chunk = chunkOf(frame);
    for (const choice of chunk?.choices ?? []) choices.set(choice.index, merged(choices.get(choice.index), choice));
    if (chunk?.usage) await options.keep(toCompletion(chunk, choices, chunk.usage, options.fingerprint));
    if (!chunk || !options.hidesUsage) yield frame;
    else if (chunk.choices.length > 0) yield dataFrame(withoutUsage(chunk));
  }
}

function withoutUsage({ usage: _, ...rest }: ChatCompletionChunk): ChatCompletionChunk {
  return rest;
}

function chunkOf(frame: string): ChatCompletionChunk | undefined {
  if (!frame.startsWith('data: {')) return undefined;
  return JSON.parse(frame.slice('data: '.length)) as ChatCompletionChunk;
}

function merged(
  before: Choice | undefined,
  { index, delta, finish_reason, logprobs, token_ids, token_logprobs }: ChatCompletionChunk['choices'][number],
): Choice {
  const content = (before?.message.content ?? '') + (delta.content ?? '');
  const tokens = [...(before?.logprobs?.content ?? []), ...(logprobs?.content ?? [])];
  const called = (delta.tool_calls ?? []).map(({ index: _, ...call }) => call);
  const toolCalls = [...(before?.message.tool_calls ?? []), ...called];
  return {
    index,
    finish_reason: finish_reason ?? before?.finish_reason ?? 'stop',
    logprobs: before?.logprobs || logprobs ? { content: tokens, refusal: null } : null,
    message: assistantMessage({ content, toolCalls }),
    ...joined('token_ids', before?.token_ids, token_ids),
    ...joined('token_logprobs', before?.token_logprobs, token_logprobs),
  };
}

function joined<K extends string>(
  key: K,
  before: number[] | undefined,
  more: number[] | undefined,
): Partial<Record<K, number[]>> {
  return before || more ? ({ [key]: [...(before ?? []), ...(more ?? [])] } as Partial<Record<K, number[]>>) : {};
}

function toCompletion(
  { id, created, model }: ChatCompletionChunk,
  choices: ReadonlyMap<number, Choice>,
  usage: ChatCompletion['usage'],
  fingerprint: string,
): ChatCompletion {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [...choices.values()].sort((a, b) => a.index - b.index),
    usage,
    service_tier: 'default',
    system_fingerprint: fingerprint,
  };
}
