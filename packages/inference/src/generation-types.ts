/** What generation takes and gives back. */
import type { TokenConstraint } from './grammar/token-constraint.js';
import type { AnswerSegment } from './answer-segments.js';
import type { RepetitionLimit } from './repetition-watch.js';

export interface GenerateRequest {
  /** Prompt token ids, at least one. */
  readonly tokens: ArrayLike<number>;
  /** Identity of the row's randomness: rows with equal key and seed draw equal numbers. */
  readonly key: string;
  /**
   * Given the tokens of the answer as they are made, without a stop token; true ends the row with them, such as where its text has come
   * to an end that no token marks. More may have been decoded by then, and is dropped. Such a row finishes with `length`.
   */
  readonly until?: (tokens: Int32Array) => boolean;
  /** Settings of this row that differ from those of the call. */
  readonly options?: Partial<Omit<GenerateOptions, 'signal'>>;
}

export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** 0 is greedy decoding. Default 1. */
  readonly temperature?: number;
  /** Draws among this many most probable tokens. Default: all. */
  readonly topK?: number;
  /** Nucleus mass in (0, 1], of what topK leaves. Default 1, the whole distribution. */
  readonly topP?: number;
  /** Subtracted from the logit of a token that the answer already has; -2 to 2, as in OpenAI's API. Default 0. */
  readonly presencePenalty?: number;
  /** Subtracted for every time the answer has the token; -2 to 2. Default 0. */
  readonly frequencyPenalty?: number;
  /** Divides positive and multiplies negative logits of tokens in prompt or answer, as in Hugging Face. Default 1. */
  readonly repetitionPenalty?: number;
  /** Added to the logits of single tokens, after the penalties; -100 to 100. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /**
   * Only tokens that it allows are drawn, whatever penalties and biases say. Its rows are looked at after every token, and so
   * are those decoded beside them.
   */
  readonly constraint?: TokenConstraint;
  /** A non-negative integer; not used by greedy decoding, but required so that nothing is random by accident. */
  readonly seed: number;
  /** Tokens that end a row. Default: the model's end tokens (`endTokenIds`). An empty list never stops. */
  readonly stopIds?: readonly number[];
  /** Reports this many of the most probable alternatives of every token, at most 20. Default 0. */
  readonly topLogProbs?: number;
  /**
   * Whose prompts these are, such as a project's: keys and values of a prompt are kept for later rows of the same scope alone, since
   * what is shared tells by its speed who asked it before. Default: nobody's, and nothing is kept.
   */
  readonly promptScope?: string;
  /** Name of the adapter that changes the model for these rows. Default: none, the base itself. */
  readonly adapter?: string;
  /** The row's promise rejects at once; its place in the batch is free after the segment being decoded. */
  readonly signal?: AbortSignal;
}

/** What rollouts may ask beside that. */
export interface WatchedOptions extends GenerateOptions {
  /** Gives up rows that go in circles: what comes back is all up to the token at which they did. */
  readonly repetition?: RepetitionLimit | undefined;
  /**
   * Segments that every answer goes through, in order. A row that does not come to the end of one is over before the next. One of them
   * may be forked at its end: each request then gives that many rows, next to each other, which share the keys and values up to there;
   * a row that is over before is given as many times.
   */
  readonly segments?: readonly AnswerSegment[] | undefined;
  /**
   * Log-probabilities are of the whole distribution at the temperature also where topK and topP cut it: what a loss compares with that
   * knows of no cut.
   */
  readonly untruncatedLogProbs?: boolean | undefined;
}

export type FinishReason = 'stop' | 'length';
/** Of a row that was watched. */
export type WatchedFinishReason = FinishReason | 'repetition';

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

export interface GeneratedRow<Reason extends WatchedFinishReason = FinishReason> {
  /** New tokens; when the reason is `stop`, the last one is the stop token itself (it is an action that was taken). */
  readonly tokens: Int32Array;
  /**
   * Log-probability of each token under the distribution it was drawn from: after penalties, biases and temperature, and
   * renormalised over what topK and topP leave (but for `untruncatedLogProbs`). Greedy decoding reports temperature 1 over the whole vocabulary.
   */
  readonly logProbs: Float32Array;
  readonly finishReason: Reason;
  /** Version of the weights that produced the row. */
  readonly policyVersion: number;
  /**
   * Tokens of the prompt that were kept, as an earlier prompt of its scope began with them. It says nothing of the rows decoded
   * beside this one, for which some may have been computed again. Default 0.
   */
  readonly cachedTokens?: number;
  /** Number of the segment of each token, where there are several. */
  readonly segmentNumbers?: Uint8Array;
  /** Of each token, 1 where nothing drew it: its log-probability is 0. Only where a segment may force tokens. */
  readonly forced?: Uint8Array;
  /** How many of its first tokens a row has in common with the others of its request, where they were to be forked: all, if it was over before. */
  readonly sharedTokens?: number;
  /** One entry a token, when `topLogProbs` was asked for. */
  readonly alternatives?: readonly TokenAlternatives[];
}
