/** Chat completions with any base, fine-tune or checkpoint, whole or streamed. */
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../generated/wire.js';
import { streamedChunks } from '../streamed-chunks.js';
import type { RequestOptions, Transport } from '../transport.js';

export class ChatCompletions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(
    body: ChatCompletionRequest & { stream: true },
    options?: RequestOptions,
  ): Promise<AsyncIterable<ChatCompletionChunk>>;
  create(body: ChatCompletionRequest & { stream?: false | null }, options?: RequestOptions): Promise<ChatCompletion>;
  /** With `stream: true`, an async iterable of chunks; leaving its loop stops the generation. */
  async create(
    body: ChatCompletionRequest,
    options?: RequestOptions,
  ): Promise<ChatCompletion | AsyncIterable<ChatCompletionChunk>> {
    const request = { method: 'POST', path: '/chat/completions', body } as const;
    if (body.stream !== true) return this.#transport.json<ChatCompletion>(request, options);
    const headers = { accept: 'text/event-stream' };
    return streamedChunks<ChatCompletionChunk>(await this.#transport.response({ ...request, headers }, options));
  }
}

export class Chat {
  readonly completions: ChatCompletions;

  constructor(transport: Transport) {
    this.completions = new ChatCompletions(transport);
  }
}
