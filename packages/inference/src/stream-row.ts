/** Generation of one row in chunks, for streaming: the same graph and the same numbers as one call, cut into several. */
import { checkOptions, checkRequests } from './check-generation.js';
import { batchFeeds, continuationFetches, continueBatch, startBatch } from './decode-batch.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import { graphKind } from './generate-rows.js';
import type { GeneratedRow, GenerateOptions, GenerateRequest } from './generation-types.js';
import type { GraphRunner } from './graph-runner.js';
import { emissionFetches, readEmission } from './read-emission.js';
import { rowStream, rowUniforms } from './row-uniforms.js';

export interface StreamOptions extends GenerateOptions {
  /** Tokens a chunk. Every chunk copies the cache once, so very small chunks of very long rows cost time. Default 8. */
  readonly chunkTokens?: number;
}

const DEFAULT_CHUNK_TOKENS = 8;

/**
 * Yields chunks that joined together equal the row `generateRows` returns. The reason of a chunk that is not the last
 * is `length`; the last chunk is the one that stopped or reached `maxNewTokens`. When weights change in between, the
 * following chunks use the new ones and say so in `policyVersion`.
 */
export async function* streamRow(
  graphs: DecoderGraphs,
  runner: GraphRunner,
  request: GenerateRequest,
  options: StreamOptions,
): AsyncGenerator<GeneratedRow, void, undefined> {
  const { config } = graphs;
  checkOptions(config, options);
  checkRequests(config, [request], options.maxNewTokens);
  const { maxNewTokens, topLogProbs = 0, chunkTokens = DEFAULT_CHUNK_TOKENS } = options;
  if (!Number.isInteger(chunkTokens) || chunkTokens < 1) {
    throw new RangeError(`chunkTokens must be a positive integer, got ${chunkTokens}`);
  }
  const stream = rowStream(options.seed, request.key);
  const stopIds = new Set(options.stopIds ?? [config.eos_token_id]);
  const fetches = [...emissionFetches(topLogProbs), ...continuationFetches(config)];
  let batch = startBatch(config, [request.tokens]);
  for (let emitted = 0; emitted < maxNewTokens; ) {
    options.signal?.throwIfAborted();
    await graphs.ensure(graphKind(options));
    const count = Math.min(chunkTokens, maxNewTokens - emitted);
    const feeds = batchFeeds(config, batch, [rowUniforms(stream, emitted, count)], options);
    const result = await runner.run(graphKind(options), feeds, fetches);
    const chunk = readEmission(result, 0, 1, stopIds, topLogProbs);
    yield chunk;
    if (chunk.finishReason === 'stop') return;
    emitted += count;
    batch = continueBatch(config, batch, result.outputs);
  }
}
