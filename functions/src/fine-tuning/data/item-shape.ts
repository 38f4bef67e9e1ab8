/**
 * The keys that the rows of a phase have and the types of their values, as a JSON Schema: what an item must be like for the
 * grader of the phase to be run on it.
 */
type JsonType = 'array' | 'boolean' | 'null' | 'number' | 'object' | 'string';

/** Keys beyond these are not told of: an item may have them and need not. */
const MAX_KEYS = 256;
const MAX_KEY_CHARACTERS = 128;

export class ItemShape {
  #rows = 0;
  readonly #keys = new Map<string, { rows: number; readonly types: Set<JsonType> }>();

  add(row: Readonly<Record<string, unknown>>): void {
    this.#rows++;
    for (const [key, value] of Object.entries(row)) {
      const seen = this.#keys.get(key) ?? { rows: 0, types: new Set<JsonType>() };
      if (seen.rows === 0 && !this.#isTold(key)) continue;
      seen.rows++;
      seen.types.add(typeOf(value));
      this.#keys.set(key, seen);
    }
  }

  #isTold(key: string): boolean {
    return this.#keys.size < MAX_KEYS && key.length <= MAX_KEY_CHARACTERS && key !== '__proto__';
  }

  /** What is in every row is required. */
  schema(): Record<string, unknown> {
    const keys = [...this.#keys];
    return {
      type: 'object',
      properties: Object.fromEntries(keys.map(([key, { types }]) => [key, { type: oneOrAll([...types].sort()) }])),
      required: keys.filter(([, { rows }]) => rows === this.#rows).map(([key]) => key),
    };
  }
}

const oneOrAll = (types: readonly JsonType[]): JsonType | readonly JsonType[] =>
  types.length === 1 && types[0] ? types[0] : types;

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as Exclude<JsonType, 'array' | 'null'>;
}
