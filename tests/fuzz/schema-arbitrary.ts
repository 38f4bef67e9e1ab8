/**
 * Values for a JSON schema of the OpenAPI document: mostly ones that fit, so that requests get past validation, and at every
 * level now and then one that does not.
 */
import fc, { type Arbitrary } from 'fast-check';
import { hostileValue } from './hostile-values.js';

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly pattern?: string;
}

export interface SchemaContext {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /** Values that are known to make sense for a key of this name, if there are any. */
  likely(key: string): Arbitrary<unknown> | undefined;
}

const MAX_DEPTH = 6;
const MAX_ITEMS = 3;

/** @param key Name under which the value stands, for `likely`. */
export function valueFor(schema: JsonSchema, context: SchemaContext, key = '', depth = 0): Arbitrary<unknown> {
  const fitting = fittingValue(schema, context, key, depth);
  const likely = context.likely(key);
  const usual = likely ? fc.oneof({ weight: 4, arbitrary: likely }, { weight: 1, arbitrary: fitting }) : fitting;
  // Deep values have many places to go wrong in; one is enough.
  return fc.oneof({ weight: depth === 0 ? 40 : 60, arbitrary: usual }, { weight: 1, arbitrary: hostileValue });
}

function fittingValue(schema: JsonSchema, context: SchemaContext, key: string, depth: number): Arbitrary<unknown> {
  const { $ref, anyOf, allOf } = schema;
  if ($ref !== undefined) {
    const named = context.schemas[$ref.split('/').at(-1) ?? ''];
    return named ? fittingValue(named, context, key, depth) : fc.jsonValue();
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (depth > MAX_DEPTH) return fc.constantFrom(null, {}, [], '');
  if (anyOf) return fc.oneof(...anyOf.map((one) => fittingValue(one, context, key, depth)));
  if (allOf) {
    const parts = allOf.map((one) => fittingValue(one, context, key, depth));
    return fc.tuple(...parts).map((values) => Object.assign({}, ...(values as object[])) as unknown);
  }
  return typedValue(schema, context, key, depth);
}

function typedValue(schema: JsonSchema, context: SchemaContext, key: string, depth: number): Arbitrary<unknown> {
  switch (schema.type) {
    case 'object':
      return objectFor(schema, context, depth);
    case 'array': {
      const { minItems = 0, maxItems = MAX_ITEMS } = schema;
      const lengths = {
        minLength: Math.min(minItems, MAX_ITEMS),
        maxLength: Math.max(minItems, Math.min(maxItems, MAX_ITEMS)),
      };
      return fc.array(valueFor(schema.items ?? {}, context, key, depth + 1), lengths);
    }
    case 'string':
      return stringFor(schema);
    case 'integer':
      return fc.oneof(smallInteger(schema), fc.integer(integerBounds(schema)));
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: lowest(schema), max: schema.maximum ?? 1e6 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectFor(schema: JsonSchema, context: SchemaContext, depth: number): Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([key, property]) => [key, valueFor(property, context, key, depth + 1)] as const,
  );
  const known = fc.record(Object.fromEntries(properties), { requiredKeys: [...(schema.required ?? [])] as never });
  const { additionalProperties: more } = schema;
  if (more === false || (more === undefined && properties.length > 0)) return known;
  const value = typeof more === 'object' ? valueFor(more, context, '', depth + 1) : fc.jsonValue({ maxDepth: 2 });
  const extra = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), value, { maxKeys: 2 });
  return fc.tuple(extra, known).map(([others, own]) => ({ ...others, ...(own as object) }));
}

const lowest = ({ minimum, exclusiveMinimum }: JsonSchema): number =>
  minimum ?? (exclusiveMinimum === undefined ? -1e6 : exclusiveMinimum + 1e-6);

function integerBounds(schema: JsonSchema): { min: number; max: number } {
  const min = Math.max(-(2 ** 31), Math.ceil(lowest(schema)));
  return { min, max: Math.max(min, Math.min(schema.maximum ?? 2 ** 31 - 1, 2 ** 31 - 1)) };
}

/** What people send: limits of a few, not of billions. */
function smallInteger(schema: JsonSchema): Arbitrary<number> {
  const { min, max } = integerBounds(schema);
  return fc.integer({ min, max: Math.max(min, Math.min(max, min + 8)) });
}

function stringFor({ minLength = 0, maxLength = 16, pattern }: JsonSchema): Arbitrary<string> {
  // Unicode property escapes and lookbehind are beyond fast-check; such fields get their values by name.
  if (pattern !== undefined && !/\\p|\(\?/.test(pattern))
    return fc.stringMatching(new RegExp(pattern), { size: 'xsmall' });
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 16)) });
}
