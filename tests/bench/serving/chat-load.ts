/** Clients that ask for streamed answers one after the other: how soon the first text comes, and how much in all. */
import { type Latency, latencyOf } from '../control-plane/percentiles.js';
import type { ChatServer } from './servers.js';

export interface LoadResult {
  readonly clients: number;
  readonly answers: number;
  /** A token of the model is a character of text. */
  readonly charactersPerS: number;
  /** From the request to the first text of the answer. */
  readonly firstText: Latency;
}

export interface LoadOptions {
  readonly clients: number;
  readonly seconds: number;
  readonly maxTokens: number;
}

const WORDS = ['cat', 'window', 'table', 'orchestra', 'pin', 'yesterday', 'umbrella', 'go'];

export async function measureChatLoad(server: ChatServer, options: LoadOptions): Promise<LoadResult> {
  // Loads the model and compiles what is compiled on first use.
  await answer(server, 'warm', options.maxTokens);
  const [firstMs, startMs] = [[] as number[], performance.now()];
  let characters = 0;
  const client = async (index: number): Promise<void> => {
    for (let turn = 0; performance.now() - startMs < options.seconds * 1000; turn++) {
      const told = await answer(server, WORDS[(index + turn) % WORDS.length] as string, options.maxTokens);
      firstMs.push(told.firstMs);
      characters += told.characters;
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, index) => client(index)));
  const seconds = (performance.now() - startMs) / 1000;
  return {
    clients: options.clients,
    answers: firstMs.length,
    charactersPerS: characters / seconds,
    firstText: latencyOf(firstMs),
  };
}

async function answer({ baseURL, apiKey, model }: ChatServer, word: string, maxTokens: number) {
  const startMs = performance.now();
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: word }],
      max_tokens: maxTokens,
      temperature: 0,
      stream: true,
    }),
  });
  if (!response.ok || !response.body) throw new Error(`${response.status}: ${(await response.text()).slice(0, 300)}`);
  let [firstMs, characters, rest] = [Number.NaN, 0, ''];
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const text = textOf(line);
      if (text === '') continue;
      if (characters === 0) firstMs = performance.now() - startMs;
      characters += text.length;
    }
  }
  if (characters === 0) throw new Error(`${model} answered ${word} with nothing`);
  return { firstMs, characters };
}

function textOf(line: string): string {
  if (!line.startsWith('data: {')) return '';
  const chunk = JSON.parse(line.slice('data: '.length)) as { choices?: { delta?: { content?: string | null } }[] };
  return chunk.choices?.[0]?.delta?.content ?? '';
}
