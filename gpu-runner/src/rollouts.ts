/** The sampler that recipes are given: decoding on worker threads, with the weights of the policy under training. */
import type { TensorMap } from '@preheat/checkpoints';
import type { DecoderSession } from '@preheat/inference';
import type { RolloutOptions, RolloutPrompt, Rollouts, RolloutSample } from '@preheat/recipes';

/** Adapts a decoder session or pool. The session stays the caller's to close. */
export class DecoderRollouts implements Rollouts {
  readonly #decoder: DecoderSession;

  constructor(decoder: DecoderSession) {
    this.#decoder = decoder;
  }

  generate(prompts: readonly RolloutPrompt[], options: RolloutOptions): Promise<RolloutSample[]> {
    const requests = prompts.map(({ tokens, rowKey }) => ({ tokens, key: String(rowKey) }));
    const { repetition, segments, ...plain } = options;
    return this.#decoder.generate(requests, {
      ...plain,
      repetition: repetition ?? undefined,
      segments: segments ?? undefined,
      // The loss compares with the whole distribution.
      untruncatedLogProbs: true,
    });
  }

  updateWeights(weights: TensorMap, policyVersion: number): Promise<void> {
    return this.#decoder.updateWeights(weights, policyVersion);
  }
}
