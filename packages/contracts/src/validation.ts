/**
 * Checking values against schemas. Problems are reported with a dotted path and what was expected, so that a caller can be told
 * which field to change. The first values of a schema are checked by walking it; one that is checked often is compiled, which
 * takes longer than hundreds of walks: most schemas that a starting process meets, it meets once.
 */
import type { Static, TSchema } from 'typebox';
// Not typebox/compile, which loads three times as much to offer the same check.
import { Build, Check, Errors } from 'typebox/schema';
import { InvariantError } from './invariant.js';

export interface Problem {
  /** Dotted path of the offending value, `''` for the root: `method.reinforcement.grader.name`. */
  readonly path: string;
  /** What was expected, in words. */
  readonly message: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: Problem[] };

const decoder = new TextDecoder();
const encoder = new TextEncoder();

type Fits = (value: unknown) => boolean;

/** Checks of one schema before it is worth compiling. */
const WALKS = 32;
const walks = new WeakMap<TSchema, number>();
const compiled = new WeakMap<TSchema, Fits>();

function fits(schema: TSchema, value: unknown): boolean {
  const known = compiled.get(schema);
  if (known) return known(value);
  const walked = (walks.get(schema) ?? 0) + 1;
  walks.set(schema, walked);
  if (walked < WALKS) return Check(schema, value);
  const result = Build(schema).Evaluate();
  compiled.set(schema, (candidate) => result.Check(candidate));
  return result.Check(value);
}

const MAX_PROBLEMS = 8;

/** Checks `value` against `schema`; never throws, changes nothing. */
export function check<S extends TSchema>(schema: S, value: unknown): Checked<Static<S>> {
  if (fits(schema, value)) return { ok: true, value: value as Static<S> };
  const [, errors] = Errors(schema, value);
  const problems = errors.slice(0, MAX_PROBLEMS).map(toProblem);
  return { ok: false, problems: problems.length > 0 ? problems : [{ path: '', message: 'does not fit its schema' }] };
}

function toProblem(error: { instancePath: string; message: string; keyword: string; params: object }): Problem {
  return { path: dotted(error.instancePath), message: describe(error) };
}

function describe(error: { message: string; keyword: string; params: object }): string {
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'const') return `must be ${JSON.stringify(params['allowedValue'])}`;
  if (error.keyword === 'enum') return `must be one of ${JSON.stringify(params['allowedValues'])}`;
  if (error.keyword === 'required') return `lacks ${JSON.stringify(params['requiredProperties'])}`;
  // A key that a closed object forbids is reported at its own path, by the schema `false`.
  if (error.keyword === 'boolean') return 'is not a known key';
  if (error.keyword === 'additionalProperties')
    return `has unknown keys ${JSON.stringify(params['additionalProperties'])}`;
  return error.message;
}

/** JSON pointer to the dotted form the OpenAI wire uses in `param`. */
export function dotted(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

/** Parses and checks a document that this platform stored itself; a mismatch is corruption and throws `InvariantError`. */
export function decodeStored<S extends TSchema>(schema: S, stored: Uint8Array | string, what: string): Static<S> {
  const checked = check(schema, JSON.parse(typeof stored === 'string' ? stored : decoder.decode(stored)));
  if (checked.ok) return checked.value;
  const first = checked.problems[0];
  throw new InvariantError(`${what} does not fit its schema: ${first?.path ?? ''} ${first?.message ?? ''}`);
}

/** The bytes of a stored document. */
export function encodeStored(document: object): Uint8Array {
  return encoder.encode(JSON.stringify(document));
}
