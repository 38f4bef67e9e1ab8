/** Conversations with a base model, as tests of answers ask for them. */
import type { ChatCompletion, ChatCompletionChunk } from '@preheat/contracts';
import type { ApiUnderTest } from './api-under-test.js';

export const MODEL = 'preheat-1m';
const messages = [{ role: 'user', content: 'cat' }];

export const chat = (api: ApiUnderTest, fields: object) =>
  api.call({ method: 'POST', url: '/v1/chat/completions', payload: { model: MODEL, messages, ...fields } });

export async function complete(api: ApiUnderTest, fields: object): Promise<ChatCompletion> {
  const response = await chat(api, fields);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json() as ChatCompletion;
}

export function chunksOf(body: string): ChatCompletionChunk[] {
  const frames = body.split('\n\n').filter((frame) => frame.startsWith('data: {'));
  return frames.map((frame) => JSON.parse(frame.slice('data: '.length)) as ChatCompletionChunk);
}

export const textOf = (chunks: ChatCompletionChunk[], index: number) =>
  chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index)).map(({ delta }) => delta.content);
