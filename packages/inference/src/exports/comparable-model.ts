/** What a parity check asks of a model, whoever computes it. */
import type { TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, endTokenIds } from '@preheat/contracts';
import { DecoderSession } from '../decoder-session.js';

export interface ComparableModel {
  /** For every row the log-probabilities of its tokens from the second on. */
  score(rows: readonly Int32Array[]): Promise<Float32Array[]>;
  /** The most probable tokens after each prompt, an end token included. */
  greedy(prompts: readonly Int32Array[], maxNewTokens: number): Promise<Int32Array[]>;
  close(): Promise<void>;
}

/** A model as it is served here. */
export async function servedModel(config: DecoderConfig, tensors: TensorMap): Promise<ComparableModel> {
  const decoder = await DecoderSession.create(config, tensors);
  return {
    score: async (rows) => {
      const scored = await decoder.score(rows.map((tokens) => ({ tokens, from: 1 })));
      return scored.map(({ logProbs }) => logProbs);
    },
    greedy: async (prompts, maxNewTokens) => {
      const requests = prompts.map((tokens, index) => ({ tokens, key: `prompt-${index}` }));
      const rows = await decoder.generate(requests, {
        maxNewTokens,
        temperature: 0,
        seed: 0,
        stopIds: endTokenIds(config),
      });
      return rows.map(({ tokens }) => tokens);
    },
    close: () => decoder.close(),
  };
}
