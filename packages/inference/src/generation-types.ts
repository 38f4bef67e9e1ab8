/** What generation takes and gives back. */

export interface GenerateRequest {
  /** Prompt token ids, at least one. */
  readonly tokens: ArrayLike<number>;
  /** Identity of the row's randomness: rows with equal key and seed draw equal numbers. */
  readonly key: string;
}

export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** 0 is greedy decoding. Default 1. */
  readonly temperature?: number;
  /** Nucleus mass in (0, 1]. Default 1, the whole distribution. */
  readonly topP?: number;
  /** A non-negative integer; not used by greedy decoding, but required so that nothing is random by accident. */
  readonly seed: number;
  /** Tokens that end a row. Default: the model's end-of-sequence token. An empty list never stops. */
  readonly stopIds?: readonly number[];
  /** Reports this many of the most probable alternatives of every token, at most 20. Default 0. */
  readonly topLogProbs?: number;
  /** Checked between calls to the runtime, not inside one. */
  readonly signal?: AbortSignal;
}

export type FinishReason = 'stop' | 'length';

export interface Alternative {
  readonly token: number;
  readonly logProb: number;
}

/** The model's own view of one emitted token: temperature 1, whole vocabulary. */
export interface TokenAlternatives {
  /** Log-probability of the emitted token. */
  readonly logProb: number;
  /** Most probable tokens, best first. */
  readonly top: readonly Alternative[];
}

export interface GeneratedRow {
  /** New tokens; when the reason is `stop`, the last one is the stop token itself (it is an action that was taken). */
  readonly tokens: Int32Array;
  /**
   * Log-probability of each token under the distribution it was drawn from: after temperature, and renormalised over
   * the nucleus when topP is below 1. Greedy decoding reports the model's own distribution (temperature 1).
   */
  readonly logProbs: Float32Array;
  readonly finishReason: FinishReason;
  /** Version of the weights that produced the row. */
  readonly policyVersion: number;
  /** One entry a token, when `topLogProbs` was asked for. */
  readonly alternatives?: readonly TokenAlternatives[];
}
