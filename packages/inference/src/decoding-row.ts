/** One row from request to result: what it asked for, what it has so far, and who waits for it. */
import type { DecoderConfig } from '@preheat/contracts';
import { endTokenIds } from '@preheat/contracts';
import { AnswerSegments, rowsOfEach } from './answer-segments.js';
import type { CachePiece } from './cache-arrays.js';
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

const NOTHING_SHARED = { tokens: [], logProbs: [], segments: [], forced: [] } as const;

/** Who reads a row while it is made. */
interface Listener {
  readonly chunkTokens: number;
  readonly onEmission: (chunk: GeneratedRow) => void;
}

/** What a fork goes on from: tokens that are part of its prompt and, when it is done, of its answer. */
interface Trunk {
  readonly tokens: readonly number[];
  readonly logProbs: readonly number[];
  readonly segments: readonly number[];
  readonly forced: readonly number[];
  /** Of the segment that the fork begins with. */
  readonly nextSegment: number;
}

type RowOptions = Required<Pick<GenerateOptions, 'maxNewTokens' | 'temperature' | 'topP' | 'topLogProbs'>> &
  WatchedOptions;

export class DecodingRow {
  readonly prompt: Int32Array;
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
  /** Columns at the end of its cache, of tokens that it did not take because a segment ended before them. */
  surplus = 0;
  /** Columns that its cache lacks at its end, of tokens that were forced. */
  lacking = 0;
  /** Keys and values of its columns up to forced tokens, of a row or fork that waits to join a batch. */
  inherited: CachePiece | null = null;
  /** What goes on in its place since it came to a fork; it is over itself. */
  forks: readonly DecodingRow[] = [];
  /** Columns of its prompt that were kept from before, however many of them its batch computed again for its other rows. */
  cachedColumns = 0;
  /** Where the answer stands in what it is constrained to; null where it is not. */
  place: ConstraintState | null;
  readonly #stream: readonly [number, number];
  readonly #stops: ReadonlySet<number>;
  readonly #repetition: RepetitionWatch | null;
  readonly #segments: AnswerSegments | null;
  /** Of every token. */
  readonly #segmentNumbers: number[] = [];
  /** Of every token: 1 where nothing drew it. */
  readonly #forced: number[] = [];
  readonly #config: DecoderConfig;
  readonly #request: GenerateRequest;
  readonly #given: WatchedOptions;
  readonly #trunk: Trunk | null;
  readonly #options: RowOptions;
  readonly #emissions: Emission[] = [];
  readonly #onEmission: ((chunk: GeneratedRow) => void) | undefined;
  readonly #until: GenerateRequest['until'];
  #settle!: { resolve: (row: GeneratedRow<WatchedFinishReason>) => void; reject: (error: unknown) => void };

  constructor(
    config: DecoderConfig,
    request: GenerateRequest,
    options: WatchedOptions,
    listener?: Listener,
    trunk: Trunk | null = null,
  ) {
    const merged = { ...options, ...request.options };
    [this.#config, this.#request, this.#given, this.#trunk] = [config, request, options, trunk];
    this.prompt = Int32Array.from(request.tokens);
    this.#options = {
      ...merged,
      temperature: merged.temperature ?? 1,
      topP: merged.topP ?? 1,
      topLogProbs: merged.topLogProbs ?? 0,
    };
    this.#segments = options.segments ? new AnswerSegments(options.segments, trunk?.nextSegment) : null;
    this.adapter = merged.adapter ?? null;
    this.promptScope = merged.promptScope ?? null;
    this.promptKey = `${this.promptScope ?? ''} ${this.prompt.join()}`;
    this.place = merged.constraint?.start ?? null;
    this.stopIds = merged.stopIds ?? endTokenIds(config);
    this.chunkTokens = listener?.chunkTokens ?? Number.POSITIVE_INFINITY;
    this.#onEmission = listener?.onEmission;
    this.#until = request.until;
    this.#stops = new Set(this.stopIds);
    this.#repetition = options.repetition ? new RepetitionWatch(options.repetition) : null;
    for (const token of trunk?.tokens ?? []) this.#repetition?.sees(token);
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

  /** How its next tokens are drawn. */
  get options(): RowOptions {
    if (!this.#segments) return this.#options;
    const { temperature = this.#options.temperature, topP = this.#options.topP } = this.#segments.current;
    return { ...this.#options, temperature, topP };
  }

  get isUntruncated(): boolean {
    return this.#options.untruncatedLogProbs ?? false;
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
    return this.#options.maxNewTokens - this.answer.length;
  }

  /** Tokens after which it is over or its segment is, if neither is before. */
  get untilTurn(): number {
    return Math.min(this.remaining, this.#segments?.remaining ?? Number.POSITIVE_INFINITY);
  }

  /** Whether it may go on in another way: what its cache has is then needed whatever it may still make. */
  get mayTurn(): boolean {
    return this.#segments?.isLast === false;
  }

  /** Whether it may end, or its segment, before the limit. */
  get canStop(): boolean {
    const isMarked = this.#segments?.current.isEnd !== undefined;
    return this.stopIds.length > 0 || this.#until !== undefined || this.#repetition !== null || isMarked;
  }

  /** Whether what may come next is known only when the token before is. */
  get isConstrained(): boolean {
    return this.place !== null;
  }

  /** Uniforms for its next `count` tokens. */
  uniforms(count: number): Float32Array {
    return rowUniforms(this.#stream, this.answer.length, count);
  }

  /** Takes what a call made: all up to a token that ends the row or its segment, or its limit; the rest was never part of it. */
  take(emission: Emission): void {
    if (this.isOver) return;
    const { tokens, policyVersion } = emission;
    const made = tokens.subarray(0, this.remaining);
    const { count, ending } = this.#read(made);
    const forced = this.#forcedTokens(this.remaining - count);
    const own: Emission = {
      tokens: Int32Array.from([...tokens.subarray(0, count), ...forced]),
      logProbs: Float32Array.from([...emission.logProbs.subarray(0, count), ...forced.map(() => 0)]),
      policyVersion,
      ...(emission.alternatives && { alternatives: emission.alternatives.slice(0, count) }),
    };
    const broken = own.logProbs.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0) {
      const at = this.answer.length + broken;
      this.fail(new NonFiniteLogitsError(at, own.logProbs[broken] as number, policyVersion));
      return;
    }
    for (const [at, token] of own.tokens.entries()) {
      this.answer.push(token);
      this.#forced.push(Number(at >= count));
      if (this.#segments) this.#segmentNumbers.push(this.#segments.number);
      this.place = this.place && this.place.next(token);
    }
    this.#emissions.push(own);
    const stopped = ending === 'stop' || forced.some((token) => this.#stops.has(token));
    const finishReason = stopped ? 'stop' : 'length';
    this.#onEmission?.({ ...own, finishReason, cachedTokens: this.cachedColumns });
    const isEnded = this.#until?.(stopped ? own.tokens.subarray(0, -1) : own.tokens) === true;
    if (stopped || isEnded) this.#finish(finishReason, policyVersion);
    else if (ending === 'repetition') this.#finish('repetition', policyVersion);
    else if (ending === 'length' || this.remaining === 0) this.#finish('length', policyVersion);
    else if (ending === 'segment' && this.#segments) {
      [this.surplus, this.lacking] = [tokens.length - count, forced.length];
      this.#turn(this.#segments, policyVersion);
    } else if (this.place?.allowed.includes(1) === false) this.fail(new NoTokenAllowedError(this.answer.length));
  }

  /** How many of the tokens it takes, and what ends with the last of them. */
  #read(made: Int32Array): { count: number; ending: 'stop' | 'repetition' | 'length' | 'segment' | null } {
    for (let index = 0; index < made.length; index++) {
      const ending = this.#endingAt(made[index] as number);
      if (ending !== null) return { count: index + 1, ending };
    }
    return { count: made.length, ending: null };
  }

  #endingAt(token: number): 'stop' | 'repetition' | 'length' | 'segment' | null {
    if (this.#stops.has(token)) return 'stop';
    if (this.#repetition?.sees(token)) return 'repetition';
    const end = this.#segments?.sees(token) ?? null;
    if (end === null) return null;
    if (!this.#segments?.isLast) return 'segment';
    return end === 'end' ? 'stop' : 'length';
  }

  /** What follows as a segment came to its limit. @param room Tokens that the row may still have. */
  #forcedTokens(room: number): number[] {
    const forced = (this.#segments?.forced ?? []).slice(0, room);
    const end = forced.findIndex((token) => this.#stops.has(token));
    const kept = end < 0 ? forced : forced.slice(0, end + 1);
    // The row does not go in circles by what it did not write, and may with it.
    for (const token of kept) this.#repetition?.sees(token);
    return kept;
  }

  /** Goes on with the next segment, or has its forks do so. */
  #turn(segments: AnswerSegments, policyVersion: number): void {
    const { forks = 1 } = segments.current;
    if (forks === 1) {
      segments.advance();
      return;
    }
    const trunk: Trunk = {
      tokens: this.answer,
      logProbs: this.#emissions.flatMap(({ logProbs }) => [...logProbs]),
      segments: this.#segmentNumbers,
      forced: this.#forced,
      nextSegment: segments.number + 1,
    };
    this.forks = Array.from({ length: forks }, (_, fork) => this.#fork(trunk, fork));
    this.#finish('length', policyVersion);
  }

  #fork(trunk: Trunk, fork: number): DecodingRow {
    const { key, options } = this.#request;
    const request = { tokens: [...this.prompt, ...this.answer], key: `${key} fork ${fork}` };
    const given = { ...this.#given, ...options, maxNewTokens: this.remaining };
    return new DecodingRow(this.#config, request, given, undefined, trunk);
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.#settle.reject(error);
  }

  /** Fails it, or what goes on in its place, unless that is over. */
  giveUp(error: unknown): void {
    if (!this.isOver) this.fail(error);
    for (const fork of this.forks) fork.giveUp(error);
  }

  #finish(finishReason: WatchedFinishReason, policyVersion: number): void {
    this.isOver = true;
    const alternatives = this.#emissions.flatMap((each) => each.alternatives ?? []);
    const logProbs = this.#emissions.flatMap((each) => [...each.logProbs]);
    const trunk = this.#trunk ?? NOTHING_SHARED;
    const { segments = [] } = this.#given;
    const isForked = rowsOfEach(segments) > 1;
    const mayForce = segments.some(({ forced }) => forced !== undefined);
    this.#settle.resolve({
      tokens: Int32Array.from([...trunk.tokens, ...this.answer]),
      logProbs: Float32Array.from([...trunk.logProbs, ...logProbs]),
      finishReason,
      policyVersion,
      cachedTokens: this.cachedColumns,
      ...(this.#segments && { segmentNumbers: Uint8Array.from([...trunk.segments, ...this.#segmentNumbers]) }),
      ...(mayForce && { forced: Uint8Array.from([...trunk.forced, ...this.#forced]) }),
      ...(isForked && { sharedTokens: this.#trunk ? trunk.tokens.length : this.answer.length }),
      ...(this.#options.topLogProbs > 0 && { alternatives }),
    });
  }
}
