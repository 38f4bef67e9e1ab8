/** What the schemas of one request have in common: the work that their automata may take, and the values that were read already. */
import { AutomatonWork } from './automaton.js';
import type { GrammarNode } from './byte-grammar.js';
import type { Schema } from './schema-error.js';

/** About a second, while nothing else is answered. */
const MAX_WORK = 2_000_000;

export class SchemaReading {
  readonly work = new AutomatonWork(MAX_WORK);
  readonly #values = new Map<string, GrammarNode>();

  /** Of values of one type that these keywords say the same of, the first is read. */
  valueOf(type: string, keywords: readonly string[], schema: Schema, read: () => GrammarNode): GrammarNode {
    const key = JSON.stringify([
      type,
      keywords.flatMap((keyword) => (keyword in schema ? [keyword, schema[keyword]] : [])),
    ]);
    const node = this.#values.get(key) ?? read();
    this.#values.set(key, node);
    return node;
  }
}
