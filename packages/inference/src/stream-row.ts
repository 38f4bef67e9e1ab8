/** One row in chunks, for streaming: the same row as in one piece, handed out while it is made. */
import type { DecoderConfig } from '@preheat/contracts';
import { checkOptions, checkRequests } from './check-generation.js';
import type { DecodeEngine } from './decode-engine.js';
import { DecodingRow } from './decoding-row.js';
import { giveUpWhenAborted } from './give-up-when-aborted.js';
import type { GeneratedRow, GenerateOptions, GenerateRequest } from './generation-types.js';

export interface StreamOptions extends GenerateOptions {
  /** Most tokens a chunk. Every chunk copies the cache once, so very small chunks of very long rows cost time. Default 8. */
  readonly chunkTokens?: number;
}

const DEFAULT_CHUNK_TOKENS = 8;

/**
 * Yields chunks that joined together equal the row that `generate` returns. The reason of a chunk that is not the last is
 * `length`; the last chunk is the one that stopped or reached `maxNewTokens`. A row whose chunks nobody takes any more is
 * given up.
 */
export async function* streamRow(
  config: DecoderConfig,
  engine: DecodeEngine,
  request: GenerateRequest,
  options: StreamOptions,
): AsyncGenerator<GeneratedRow, void, undefined> {
  checkOptions(config, options);
  checkRequests(config, [request], options);
  const { chunkTokens = DEFAULT_CHUNK_TOKENS } = options;
  if (!Number.isInteger(chunkTokens) || chunkTokens < 1) {
    throw new RangeError(`chunkTokens must be a positive integer, got ${chunkTokens}`);
  }
  const chunks: GeneratedRow[] = [];
  let wake = (): void => undefined;
  const onEmission = (chunk: GeneratedRow): void => {
    chunks.push(chunk);
    wake();
  };
  const row = new DecodingRow(config, request, options, { chunkTokens, onEmission });
  const over = row.result.then(() => undefined);
  const ignoreSignal = giveUpWhenAborted([row], options.signal);
  engine.submit([row]);
  try {
    for (;;) {
      const arrived = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (chunks.length === 0 && !row.isOver) await Promise.race([arrived, over]);
      options.signal?.throwIfAborted();
      const chunk = chunks.shift();
      if (chunk) yield chunk;
      else if (row.isOver) return await over;
    }
  } finally {
    ignoreSignal();
    if (!row.isOver) row.fail(new Error('nobody takes the chunks of this row'));
  }
}
