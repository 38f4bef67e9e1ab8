/** What is wrong with a schema, and where. */

export type Schema = Readonly<Record<string, unknown>>;

/** Names a path such as `properties.age`. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(`${path === '' ? 'the schema' : path}: ${message}`);
    this.path = path;
  }
}

export const joinPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** More is a grammar of many thousand states for a bound that no answer reaches. */
const MAX_BOUND = 1000;

/** How many there may be of what `low` and `high` count. @throws SchemaError. */
export function countBounds(schema: Schema, path: string, low: string, high: string): [number, number] {
  const read = (key: string, absent: number): number => {
    const value = schema[key] ?? absent;
    if (value === Number.POSITIVE_INFINITY) return value;
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_BOUND) return value as number;
    throw new SchemaError(joinPath(path, key), `must be an integer from 0 to ${MAX_BOUND}`);
  };
  const [min, max] = [read(low, 0), read(high, Number.POSITIVE_INFINITY)];
  if (min > max) throw new SchemaError(joinPath(path, low), `is above ${high}`);
  return [min, max];
}
