/** Text completions: any base, fine-tune or checkpoint goes on from a text, whole or streamed. */
import type { TextCompletion, TextCompletionRequest } from '../generated/wire.js';
import { streamedChunks } from '../streamed-chunks.js';
import type { RequestOptions, Transport } from '../transport.js';

export class Completions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(
    body: TextCompletionRequest & { stream: true },
    options?: RequestOptions,
  ): Promise<AsyncIterable<TextCompletion>>;
  create(body: TextCompletionRequest & { stream?: false | null }, options?: RequestOptions): Promise<TextCompletion>;
  /** With `stream: true`, an async iterable of chunks of the same shape; leaving its loop stops the generation. */
  async create(
    body: TextCompletionRequest,
    options?: RequestOptions,
  ): Promise<TextCompletion | AsyncIterable<TextCompletion>> {
    const request = { method: 'POST', path: '/completions', body } as const;
    if (body.stream !== true) return this.#transport.json<TextCompletion>(request, options);
    const headers = { accept: 'text/event-stream' };
    return streamedChunks<TextCompletion>(await this.#transport.response({ ...request, headers }, options));
  }
}
