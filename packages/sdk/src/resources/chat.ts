/** Chat completions with any base, fine-tune or checkpoint, whole or streamed. */
import { chatChunks } from '../chat-stream.js';
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../generated/wire.js';
import type { RequestOptions, Transport } from '../transport.js';

export class Completions {
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
    return chatChunks(await this.#transport.response({ ...request, headers }, options));
  }
}

export class Chat {
  readonly completions: Completions;

  constructor(transport: Transport) {
    this.completions = new Completions(transport);
  }
}
