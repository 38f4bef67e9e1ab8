/** One row from request to result: what it asked for, what it has so far, and who waits for it. */
import type { DecoderConfig } from '@preheat/contracts';
import { endTokenIds } from '@preheat/contracts';
import type { ConstraintState } from './grammar/token-constraint.js';
import type {
  GeneratedRow,
  GenerateOptions,
  GenerateRequest,
  TokenAlternatives,
  WatchedFinishReason,
  WatchedOptions,
} from './generation-types.js';
import { NoTokenAllowedError } from './no-token-allowed-error.js';
import { NonFiniteLogitsError } from './non-finite-logits-error.js';
import { RepetitionWatch } from './repetition-watch.js';
import { rowStream, rowUniforms } from './row-uniforms.js';

/** New tokens of a row, from one segment of decoding. */
export interface Emission {
  readonly tokens: Int32Array;
  readonly logProbs: Float32Array;
  readonly alternatives?: readonly TokenAlternatives[];
  readonly policyVersion: number;
}

export class DecodingRow {
  readonly prompt: Int32Array;
  readonly options: Required<Pick<GenerateOptions, 'maxNewTokens' | 'temperature' | 'topP' | 'topLogProbs'>> &
    GenerateOptions;
  readonly stopIds: readonly number[];
  readonly adapter: string | null;
  /** Whose later prompts may read this one's keys and values; null for nobody's. */
  readonly promptScope: string | null;
  /** Equal for rows whose prompts may lie in one place. */
  readonly promptKey: string;
  /** Most tokens between two emissions, where someone listens. */
  readonly chunkTokens: number;
  readonly result: Promise<GeneratedRow<WatchedFinishReason>>;
  readonly answer: number[] = [];
  isOver = false;
  /** Columns of its prompt that were kept from before, however many of them its batch computed again for its other rows. */
  cachedColumns = 0;
  /** Where the answer stands in what it is constrained to; null where it is not. */
  place: ConstraintState | null;
  readonly #stream: readonly [number, number];
  readonly #stops: ReadonlySet<number>;
  readonly #repetition: RepetitionWatch | null;
  readonly #emissions: Emission[] = [];
  readonly #onEmission: ((chunk: GeneratedRow) => void) | undefined;
  readonly #until: GenerateRequest['until'];
  #settle!: { resolve: (row: GeneratedRow<WatchedFinishReason>) => void; reject: (error: unknown) => void };

  constructor(
    config: DecoderConfig,
    request: GenerateRequest,
    options: GenerateOptions | WatchedOptions,
    listener?: { readonly chunkTokens: number; readonly onEmission: (chunk: GeneratedRow) => void },
  ) {
    const merged = { ...options, ...request.options };
    this.prompt = Int32Array.from(request.tokens);
    this.options = {
      ...merged,
      temperature: merged.temperature ?? 1,
      topP: merged.topP ?? 1,
      topLogProbs: merged.topLogProbs ?? 0,
    };
    this.adapter = merged.adapter ?? null;
    this.promptScope = merged.promptScope ?? null;
    this.promptKey = `${this.promptScope ?? ''} ${this.prompt.join()}`;
    this.place = merged.constraint?.start ?? null;
    this.stopIds = merged.stopIds ?? endTokenIds(config);
    this.chunkTokens = listener?.chunkTokens ?? Number.POSITIVE_INFINITY;
    this.#onEmission = listener?.onEmission;
    this.#until = request.until;
    this.#stops = new Set(this.stopIds);
    this.#repetition = 'repetition' in options ? new RepetitionWatch(options.repetition) : null;
    this.#stream = rowStream(merged.seed, request.key);
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // A stream reads its chunks, and may leave before the end: the promise is then nobody's.
    this.result.catch(() => undefined);
  }

  /** A row that is over before it began: it fills a place and wants nothing. */
  static over(config: DecoderConfig, { prompt, adapter }: DecodingRow): DecodingRow {
    const options = { maxNewTokens: 1, temperature: 0, seed: 0, ...(adapter !== null && { adapter }) };
    const row = new DecodingRow(config, { tokens: prompt, key: '' }, options);
    row.fail(new Error('this row only fills a place'));
    return row;
  }

  /** Columns of its prompt in a cache: its last token is the first that decoding reads. */
  get promptColumns(): number {
    return this.prompt.length - 1;
  }

  /** Columns of all that it has: those of its prompt, and one for every token that decoding read since. */
  get columns(): number {
    return this.promptColumns + this.answer.length;
  }

  /** A token for every column. */
  get columnTokens(): Int32Array {
    if (this.answer.length === 0) return this.prompt.subarray(0, -1);
    const tokens = new Int32Array(this.columns);
    tokens.set(this.prompt);
    tokens.set(this.answer.slice(0, -1), this.prompt.length);
    return tokens;
  }

  /** Tokens it may still make. */
  get remaining(): number {
    return this.options.maxNewTokens - this.answer.length;
  }

  /** Whether it may end before its limit. */
  get canStop(): boolean {
    return this.stopIds.length > 0 || this.#until !== undefined || this.#repetition !== null;
  }

  /** Whether what may come next is known only when the token before is. */
  get isConstrained(): boolean {
    return this.place !== null;
  }

  /** Uniforms for its next `count` tokens. */
  uniforms(count: number): Float32Array {
    return rowUniforms(this.#stream, this.answer.length, count);
  }

  /** Takes what a segment made: all up to a token that ends the row, or its limit; the rest was never part of it. */
  take(emission: Emission): void {
    if (this.isOver) return;
    const { tokens, policyVersion } = emission;
    const made = tokens.subarray(0, this.remaining);
    const end = made.findIndex((token) => this.#stops.has(token) || (this.#repetition?.sees(token) ?? false));
    const count = end < 0 ? made.length : end + 1;
    const own: Emission = {
      tokens: tokens.slice(0, count),
      logProbs: emission.logProbs.slice(0, count),
      policyVersion,
      ...(emission.alternatives && { alternatives: emission.alternatives.slice(0, count) }),
    };
    const broken = own.logProbs.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0) {
      const at = this.answer.length + broken;
      this.fail(new NonFiniteLogitsError(at, own.logProbs[broken] as number, policyVersion));
      return;
    }
    for (const token of own.tokens) {
      this.answer.push(token);
      this.place = this.place && this.place.next(token);
    }
    this.#emissions.push(own);
    const stopped = end >= 0 && this.#stops.has(made[end] as number);
    const finishReason = stopped ? 'stop' : 'length';
    this.#onEmission?.({ ...own, finishReason, cachedTokens: this.cachedColumns });
    const isEnded = this.#until?.(stopped ? own.tokens.subarray(0, -1) : own.tokens) === true;
    if (stopped || isEnded) this.#finish(finishReason, policyVersion);
    else if (end >= 0) this.#finish('repetition', policyVersion);
    else if (this.remaining === 0) this.#finish('length', policyVersion);
    else if (this.place?.allowed.includes(1) === false) this.fail(new NoTokenAllowedError(this.answer.length));
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.#settle.reject(error);
  }

  #finish(finishReason: WatchedFinishReason, policyVersion: number): void {
    this.isOver = true;
    const alternatives = this.#emissions.flatMap((each) => each.alternatives ?? []);
    this.#settle.resolve({
      tokens: Int32Array.from(this.answer),
      logProbs: Float32Array.from(this.#emissions.flatMap(({ logProbs }) => [...logProbs])),
      finishReason,
      policyVersion,
      cachedTokens: this.cachedColumns,
      ...(this.options.topLogProbs > 0 && { alternatives }),
    });
  }
}
