/**
 * The `item_schema` of an eval: JSON Schema from outside, interpreted and never compiled to code. What could make a check of
 * one item take for ever is refused when the eval is created.
 */
import { dotted, type Problem } from '@preheat/contracts';
import { Check, Errors } from 'typebox/schema';

const REFUSED: Readonly<Record<string, string>> = {
  $ref: 'is not supported, as references can unfold without end; write the definition where it is used',
  $dynamicRef: 'is not supported; write the definition where it is used',
  $recursiveRef: 'is not supported; write the definition where it is used',
  pattern: 'is not supported, as a regular expression can take for ever; use a criterion to check the text',
  patternProperties: 'is not supported, as a regular expression can take for ever; use properties',
};
const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const MAX_DEPTH = 32;

/** Keywords whose value is a schema, a list of schemas or both. */
const NESTED = [
  'items',
  'prefixItems',
  'additionalItems',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'allOf',
  'anyOf',
  'oneOf',
];
/** Keywords whose value is a map of schemas. */
const MAPS = ['properties', 'dependentSchemas', '$defs', 'definitions'];

/** What keeps a schema from being one that items can be checked with. */
export function itemSchemaProblem(schema: unknown, path: string, depth = 0): Problem | undefined {
  if (typeof schema === 'boolean') return undefined;
  if (!isRecord(schema)) return { path, message: 'must be a JSON Schema: an object or a boolean' };
  if (depth > MAX_DEPTH) return { path, message: `is nested deeper than ${MAX_DEPTH} schemas` };
  const refused = Object.keys(REFUSED).find((key) => Object.hasOwn(schema, key));
  if (refused !== undefined) return { path: `${path}.${refused}`, message: REFUSED[refused] ?? '' };
  const { type } = schema;
  if (type !== undefined && ![type].flat().every((one) => TYPES.includes(one as string))) {
    return { path: `${path}.type`, message: `must be one of ${TYPES.map((one) => `"${one}"`).join(', ')}` };
  }
  for (const [at, nested] of nestedSchemas(schema)) {
    const problem = itemSchemaProblem(nested, `${path}.${at}`, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

function* nestedSchemas(schema: Record<string, unknown>): Generator<[path: string, nested: unknown]> {
  for (const key of NESTED) {
    if (!Object.hasOwn(schema, key)) continue;
    const value = schema[key];
    if (Array.isArray(value)) yield* value.map((one, i): [string, unknown] => [`${key}.${i}`, one]);
    else yield [key, value];
  }
  for (const key of MAPS) {
    const value = schema[key];
    if (isRecord(value)) yield* Object.entries(value).map(([name, one]): [string, unknown] => [`${key}.${name}`, one]);
  }
}

/** What is wrong with an item, its path relative to it; undefined when it fits. */
export function itemProblem(schema: Readonly<Record<string, unknown>>, item: unknown): Problem | undefined {
  if (Check(schema, item)) return undefined;
  const [first] = Errors(schema, item)[1];
  return { path: dotted(first?.instancePath ?? ''), message: first?.message ?? 'does not fit the item_schema' };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
