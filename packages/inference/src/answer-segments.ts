/**
 * Where a row stands in an answer that is drawn in segments, each in its own way: thinking and the answer proper, or what comes before
 * a point where several continuations are drawn and what comes after it. Which token ends a segment depends on the tokens before it
 * alone, so an answer has the same segments however it was cut into calls of the runtime.
 */

export interface AnswerSegment {
  /** Default: that of the call. */
  readonly temperature?: number;
  /** Default: that of the call. */
  readonly topP?: number;
  /** Longest, in tokens: at it the next segment begins, and after the last one the row is over. Default: what is left of the row. */
  readonly maxTokens?: number;
  /** Asked after each token, with those of the segment, the newest last: whether the segment ends with it. The last one then ends the row. */
  readonly isEnd?: (tokens: readonly number[]) => boolean;
  /**
   * Appended, of the segment and beyond its `maxTokens`, where it comes to these without its end; nothing draws them. As many as are left
   * of the row, and none behind one that ends it. Default: none.
   */
  readonly forced?: readonly number[];
  /** Continuations drawn from where the segment ends, each with chance of its own. Default 1. */
  readonly forks?: number;
}

/** Most segments of an answer: their numbers are kept in a byte for every token, behind those of other kinds of text. */
export const MAX_SEGMENTS = 64;

export class AnswerSegments {
  readonly #segments: readonly AnswerSegment[];
  #number: number;
  #tokens: number[] = [];
  #isCut = false;

  /** @param segments At least one. @param number That of the first to come. */
  constructor(segments: readonly AnswerSegment[], number = 0) {
    this.#segments = segments;
    this.#number = number;
  }

  get number(): number {
    return this.#number;
  }

  get current(): AnswerSegment {
    return this.#segments[this.#number] ?? {};
  }

  get isLast(): boolean {
    return this.#number + 1 >= this.#segments.length;
  }

  /** Tokens that it may still have. */
  get remaining(): number {
    return (this.current.maxTokens ?? Number.POSITIVE_INFINITY) - this.#tokens.length;
  }

  /** Tokens that follow what was drawn, as it came to its limit. */
  get forced(): readonly number[] {
    return this.#isCut ? (this.current.forced ?? []) : [];
  }

  /** Takes the next token: whether the segment ends with it, at its end or at its limit. */
  sees(token: number): 'end' | 'limit' | null {
    this.#tokens.push(token);
    if (this.current.isEnd?.(this.#tokens)) return 'end';
    this.#isCut = this.remaining <= 0;
    return this.#isCut ? 'limit' : null;
  }

  /** The next segment begins. */
  advance(): void {
    this.#number += 1;
    this.#tokens = [];
    this.#isCut = false;
  }
}

/** Rows that come of each request. */
export function rowsOfEach(segments: readonly AnswerSegment[] | undefined): number {
  return (segments ?? []).reduce((rows, { forks = 1 }) => rows * forks, 1);
}
