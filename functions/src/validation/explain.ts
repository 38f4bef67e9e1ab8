/**
 * Says what is wrong with a value, in the one sentence a caller needs. A failed union would report the failures of all
 * its members; here the member the caller meant is chosen first (by `type`, then `algorithm` and `role`, then by JSON
 * type), and only its problem is told.
 */
import { check, type Problem } from '@preheat/contracts';
import type { TSchema } from 'typebox';

/** The parts of JSON Schema that TypeBox emits and this explanation reads. */
interface Schema extends TSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** Keys that name the member of a union, in the order in which they decide. */
const DISCRIMINATORS = ['type', 'algorithm', 'role'] as const;

/** The first problem of `value`, or undefined when it fits. Paths are dotted: `pipeline.1.hyperparameters.beta`. */
export function explain(schema: TSchema, value: unknown): Problem | undefined {
  return explainAt(schema as Schema, value, '');
}

function explainAt(schema: Schema, value: unknown, path: string): Problem | undefined {
  if (check(schema, value).ok) return undefined;
  return explainParts(schema, value, path) ?? explainLeaf(schema, value, path);
}

function explainParts(schema: Schema, value: unknown, path: string): Problem | undefined {
  if (schema.anyOf) return explainUnion(schema.anyOf, value, path);
  if (schema.allOf) return firstProblem(schema.allOf, (part) => explainAt(part, value, path));
  if (schema.type === 'object' && isObject(value)) return explainObject(schema, value, path);
  const items = schema.items;
  if (items && Array.isArray(value)) {
    return firstProblem([...value.entries()], ([index, item]) => explainAt(items, item, join(path, String(index))));
  }
  return undefined;
}

function explainObject(schema: Schema, value: Record<string, unknown>, path: string): Problem | undefined {
  const properties = schema.properties ?? {};
  // A wrong kind explains every field that is then missing or unknown.
  const kind = firstProblem(DISCRIMINATORS, (key) => {
    const property = properties[key];
    return property && value[key] !== undefined ? explainAt(property, value[key], join(path, key)) : undefined;
  });
  if (kind) return kind;
  const missing = (schema.required ?? []).find((key) => value[key] === undefined);
  if (missing !== undefined) return { path: join(path, missing), message: 'is required' };
  if (schema.additionalProperties === false) {
    const unknown = Object.keys(value).find((key) => !(key in properties));
    const known = Object.keys(properties).join(', ');
    if (unknown !== undefined)
      return { path: join(path, unknown), message: `is not a known field; known are: ${known}` };
  }
  return firstProblem(Object.entries(properties), ([key, property]) =>
    value[key] === undefined ? undefined : explainAt(property, value[key], join(path, key)),
  );
}

function explainUnion(members: readonly Schema[], value: unknown, path: string): Problem | undefined {
  let meant = members.filter((member) => member.type !== 'null' && mayHold(member, value));
  if (isObject(value)) {
    for (const key of DISCRIMINATORS) {
      const chosen = chooseBy(key, meant, value, path);
      if (!Array.isArray(chosen)) return chosen;
      meant = chosen;
    }
  }
  const [only] = meant;
  if (only && meant.length === 1 && only.const === undefined) return explainAt(only, value, path);
  return { path, message: `must be ${members.map(describe).join(' or ')}` };
}

/** The members whose `key` accepts the value's, or the problem when none does. */
function chooseBy(
  key: string,
  members: readonly Schema[],
  value: Record<string, unknown>,
  path: string,
): Schema[] | Problem {
  const declared = members.map((member) => propertyOf(member, key));
  if (members.length < 2 || declared.some((property) => property === undefined)) return [...members];
  if (value[key] === undefined) {
    const optional = members.filter((member) => !(member.required ?? []).includes(key));
    return optional.length > 0 ? optional : { path: join(path, key), message: `is required: ${oneOf(declared)}` };
  }
  const accepting = members.filter((_, index) => {
    const property = declared[index];
    return property !== undefined && check(property, value[key]).ok;
  });
  return accepting.length > 0 ? accepting : { path: join(path, key), message: `must be ${oneOf(declared)}` };
}

/** Looks through an intersection for a property of one of its parts. */
function propertyOf(schema: Schema, key: string): Schema | undefined {
  return schema.properties?.[key] ?? schema.allOf?.map((part) => propertyOf(part, key)).find(Boolean);
}

function oneOf(schemas: readonly (Schema | undefined)[]): string {
  const values = schemas.flatMap((schema) => schema?.enum ?? (schema?.const === undefined ? [] : [schema.const]));
  return `one of ${[...new Set(values)].map((value) => JSON.stringify(value)).join(', ')}`;
}

function explainLeaf(schema: Schema, value: unknown, path: string): Problem {
  const checked = check(schema, value);
  const first = checked.ok ? undefined : checked.problems[0];
  if (!first) return { path, message: 'does not fit its schema' };
  const bounds = first.path === '' && typeof value === 'number' ? ` (it is ${value})` : '';
  return { path: join(path, first.path), message: first.message + bounds };
}

/** Whether a value of this JSON type could fit the schema at all. */
function mayHold(schema: Schema, value: unknown): boolean {
  if (schema.allOf) return schema.allOf.every((part) => mayHold(part, value));
  if (schema.anyOf) return schema.anyOf.some((part) => mayHold(part, value));
  if (schema.type === undefined) return true;
  if (schema.type === 'integer') return typeof value === 'number';
  return schema.type === jsonType(value);
}

const ARTICLES: Record<string, string> = {
  array: 'an array',
  boolean: 'a boolean',
  integer: 'an integer',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
};

function describe(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(describe).join(' or ');
  const words = [ARTICLES[schema.type ?? ''] ?? 'another value'];
  if (schema.minimum !== undefined) words.push(`>= ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) words.push(`> ${schema.exclusiveMinimum}`);
  if (schema.maximum !== undefined) words.push(`<= ${schema.maximum}`);
  return words.join(' ');
}

function firstProblem<T>(items: readonly T[], of: (item: T) => Problem | undefined): Problem | undefined {
  for (const item of items) {
    const problem = of(item);
    if (problem) return problem;
  }
  return undefined;
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const isObject = (value: unknown): value is Record<string, unknown> => jsonType(value) === 'object';
const join = (path: string, part: string): string => [path, part].filter((piece) => piece !== '').join('.');
