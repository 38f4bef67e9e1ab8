/** Scores by (grader, sample), and what judges said, the least recently used forgotten first. Failures are never kept. */
import type { LeafResult } from './grade.js';

/** About 10 MB of keys and results. */
const MAX_ENTRIES = 32_768;
/** Of what judges were asked and said: about 32 MB. */
const MAX_JUDGED_CHARACTERS = 2 ** 24;

export class LeafCache {
  readonly #results = new Map<string, LeafResult>();
  #judgedCharacters = 0;

  get(key: string): LeafResult | undefined {
    const known = this.#results.get(key);
    if (known) {
      this.#results.delete(key);
      this.#results.set(key, known);
    }
    return known;
  }

  set(key: string, result: LeafResult): void {
    this.#forget(key);
    this.#results.set(key, result);
    this.#judgedCharacters += judgedCharacters(result);
    while (this.#results.size > MAX_ENTRIES || this.#judgedCharacters > MAX_JUDGED_CHARACTERS) {
      const [oldest] = this.#results.keys();
      if (oldest === undefined) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const known = this.#results.get(key);
    if (known) this.#judgedCharacters -= judgedCharacters(known);
    this.#results.delete(key);
  }
}

function judgedCharacters({ judgement }: LeafResult): number {
  if (!judgement) return 0;
  const { request, answer } = judgement;
  return request.messages.reduce((sum, { content }) => sum + content.length, answer.text.length);
}
