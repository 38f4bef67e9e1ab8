/** Embeddings from an OpenAI-compatible endpoint that the operator names; for text_similarity with cosine. */
import { check } from '@preheat/contracts';
import Type from 'typebox';
import type { Embedder } from '../grader-services.js';
import { flagged, type Outcome, success } from '../outcome.js';

export interface EmbeddingEndpoint {
  /** Such as `https://embeddings.example/v1/embeddings`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
}

const Reply = Type.Object({
  data: Type.Array(
    Type.Object({
      index: Type.Integer({ minimum: 0 }),
      embedding: Type.Array(Type.Number(), { minItems: 1, maxItems: 65_536 }),
    }),
  ),
});

export class HttpEmbedder implements Embedder {
  readonly #endpoint: EmbeddingEndpoint;

  constructor(endpoint: EmbeddingEndpoint) {
    this.#endpoint = endpoint;
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<Outcome<readonly (readonly number[])[]>> {
    const { url, model, apiKey } = this.#endpoint;
    const headers = {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    const body = JSON.stringify({ model, input: texts, encoding_format: 'float' });
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    if (!response.ok) {
      const isTransient = response.status >= 500 || response.status === 429;
      return flagged('other_error', `The embedding endpoint answered with status ${response.status}.`, { isTransient });
    }
    const reply = check(Reply, await response.json());
    const vectors = reply.ok ? [...reply.value.data].sort((a, b) => a.index - b.index) : [];
    const isUsable = vectors.length === texts.length && vectors.every(({ index }, i) => index === i);
    if (isUsable) return success(vectors.map(({ embedding }) => embedding));
    return flagged('other_error', 'The embedding endpoint did not answer with one embedding a text.');
  }
}
