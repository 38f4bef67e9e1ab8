/**
 * A JSON schema as a grammar: every text of the grammar is a document of the schema. The keywords are those of OpenAI's
 * structured outputs that a grammar can keep; any other that constrains is refused by name, because leaving it out would
 * promise what is not kept. Members are written in the order of `properties`, none beside them.
 */
import { choice, empty, type GrammarNode, lazy, literal, oneOfAll, sequence } from './byte-grammar.js';
import { anyObject, anyValue, arrayOf, gap, mapOf, member } from './json-grammar.js';
import { NUMBER_KEYWORDS, numberGrammar } from './number-schema.js';
import { countBounds, joinPath, type Schema, SchemaError } from './schema-error.js';
import { SchemaReading } from './schema-reading.js';
import { STRING_KEYWORDS, stringGrammar } from './string-schema.js';

/** Say something about a value, and constrain nothing. */
const ANNOTATIONS = [
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
];
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: STRING_KEYWORDS,
  number: NUMBER_KEYWORDS,
  integer: NUMBER_KEYWORDS,
  boolean: [],
  null: [],
};
/** Of a schema as JSON, about twice what OpenAI takes. */
const MAX_SCHEMA_LENGTH = 262_144;

/** @param reading Shared by all schemas of a request, which together take bounded work. @throws SchemaError. */
export function jsonSchemaGrammar(schema: unknown, reading = new SchemaReading()): GrammarNode {
  return new SchemaReader(schema, reading).root;
}

class SchemaReader {
  readonly root: GrammarNode;
  readonly #document: unknown;
  readonly #referred = new Map<string, GrammarNode>();
  readonly #reading: SchemaReading;

  constructor(document: unknown, reading: SchemaReading) {
    this.#document = document;
    this.#reading = reading;
    if (JSON.stringify(document ?? null).length > MAX_SCHEMA_LENGTH) {
      throw new SchemaError('', `must have at most ${MAX_SCHEMA_LENGTH} characters as JSON`);
    }
    this.root = this.#read(document, '');
    // References are made when a text reaches them; what is wrong with them must be known before.
    for (const node of this.#referred.values()) if (node.kind === 'lazy') node.node();
  }

  #read(schema: unknown, path: string): GrammarNode {
    if (schema === true) return anyValue;
    if (!isRecord(schema)) throw new SchemaError(path, 'must be an object');
    if ('$ref' in schema) return this.#alone(schema, path, '$ref', () => this.#refer(schema['$ref'], path));
    if ('anyOf' in schema) {
      return this.#alone(schema, path, 'anyOf', () =>
        oneOfAll(this.#readAll(schema['anyOf'], joinPath(path, 'anyOf'))),
      );
    }
    if ('const' in schema) return this.#typed(schema, path, ['const'], () => literalOf(schema['const']));
    if ('enum' in schema) {
      return this.#typed(schema, path, ['enum'], () => {
        if (!isFilled(schema['enum'])) throw new SchemaError(joinPath(path, 'enum'), 'must be an array of values');
        return oneOfAll(schema['enum'].map(literalOf));
      });
    }
    const types = typesOf(schema, path);
    if (types.length === 0) return this.#typed(schema, path, [], () => anyValue);
    const keywords = types.flatMap((type) => KEYWORDS[type] ?? []);
    return this.#typed(schema, path, keywords, () => choice(...types.map((type) => this.#ofType(type, schema, path))));
  }

  #ofType(type: string, schema: Schema, path: string): GrammarNode {
    switch (type) {
      case 'object':
        return this.#object(schema, path);
      case 'array': {
        const items = 'items' in schema ? this.#read(schema['items'], joinPath(path, 'items')) : anyValue;
        return arrayOf(items, ...countBounds(schema, path, 'minItems', 'maxItems'));
      }
      case 'string':
      case 'integer':
      case 'number':
        return this.#constrained(type, schema, path);
      case 'boolean':
        return choice(literal('true'), literal('false'));
      default:
        return literal('null');
    }
  }

  #constrained(type: 'string' | 'integer' | 'number', schema: Schema, path: string): GrammarNode {
    const { work } = this.#reading;
    return this.#reading.valueOf(type, KEYWORDS[type] ?? [], schema, () =>
      type === 'string' ? stringGrammar(schema, path, work) : numberGrammar(schema, path, work, type === 'integer'),
    );
  }

  #object(schema: Schema, path: string): GrammarNode {
    const { properties = {}, required = [], additionalProperties: more = true } = schema;
    if (!isRecord(properties)) throw new SchemaError(joinPath(path, 'properties'), 'must be an object');
    if (!Array.isArray(required)) throw new SchemaError(joinPath(path, 'required'), 'must be an array of names');
    const unknown = required.find((name) => typeof name !== 'string' || !Object.hasOwn(properties, name));
    if (unknown !== undefined) {
      throw new SchemaError(
        joinPath(path, 'required'),
        `names ${JSON.stringify(unknown)}, which is not among the properties`,
      );
    }
    const names = Object.keys(properties);
    if (names.length === 0 && more !== false) {
      return more === true ? anyObject : mapOf(this.#read(more, joinPath(path, 'additionalProperties')));
    }
    const members = names.map((name) => ({
      node: member(literal(JSON.stringify(name)), this.#read(properties[name], joinPath(path, `properties.${name}`))),
      isRequired: required.includes(name),
    }));
    return sequence(literal('{'), membersFrom(members, 0, true));
  }

  #refer(reference: unknown, path: string): GrammarNode {
    if (typeof reference !== 'string' || !/^#(\/(\$defs|definitions)\/[^/]+)?$/.test(reference)) {
      throw new SchemaError(joinPath(path, '$ref'), 'must be "#" or "#/$defs/NAME"');
    }
    const known = this.#referred.get(reference);
    if (known) return known;
    const [, where = '', name = ''] = reference.split('/');
    const definitions = isRecord(this.#document) ? this.#document[where] : undefined;
    const found = reference === '#' ? this.#document : isRecord(definitions) ? definitions[name] : undefined;
    if (found === undefined) throw new SchemaError(joinPath(path, '$ref'), `${reference} is not in the schema`);
    const node = lazy(() => this.#read(found, reference === '#' ? '' : `${where}.${name}`));
    this.#referred.set(reference, node);
    return node;
  }

  #readAll(schemas: unknown, path: string): GrammarNode[] {
    if (!isFilled(schemas)) throw new SchemaError(path, 'must be an array of schemas');
    return schemas.map((schema, index) => this.#read(schema, `${path}.${index}`));
  }

  /** A keyword that says everything. */
  #alone(schema: Schema, path: string, keyword: string, read: () => GrammarNode): GrammarNode {
    refuseOthers(schema, path, [keyword]);
    return read();
  }

  #typed(schema: Schema, path: string, keywords: readonly string[], read: () => GrammarNode): GrammarNode {
    refuseOthers(schema, path, ['type', ...keywords]);
    return read();
  }
}

interface Member {
  readonly node: GrammarNode;
  readonly isRequired: boolean;
}

/** The rest of an object from its member `index` on; `isFirst` while none has been written. */
function membersFrom(members: readonly Member[], index: number, isFirst: boolean): GrammarNode {
  const current = members[index];
  if (!current) return sequence(gap, literal('}'));
  const separator = isFirst ? gap : sequence(literal(','), gap);
  const written = sequence(
    separator,
    current.node,
    lazy(() => membersFrom(members, index + 1, false)),
  );
  return current.isRequired
    ? written
    : choice(
        written,
        lazy(() => membersFrom(members, index + 1, isFirst)),
      );
}

function refuseOthers(schema: Schema, path: string, allowed: readonly string[]): void {
  const other = Object.keys(schema).find((key) => !allowed.includes(key) && !ANNOTATIONS.includes(key));
  if (other === undefined) return;
  throw new SchemaError(joinPath(path, other), 'this keyword cannot be enforced here; leave it out');
}

/** Stated, or plain from what else the schema says; none for a schema of any value. */
function typesOf(schema: Schema, path: string): string[] {
  const stated = schema['type'];
  const types =
    stated === undefined
      ? Object.keys(KEYWORDS).filter((type) => type !== 'integer' && KEYWORDS[type]?.some((key) => key in schema))
      : [stated].flat();
  const wrong = types.find((type) => typeof type !== 'string' || !Object.hasOwn(KEYWORDS, type));
  if (wrong === undefined) return types as string[];
  throw new SchemaError(
    joinPath(path, 'type'),
    `must be one of ${Object.keys(KEYWORDS).join(', ')}, got ${JSON.stringify(wrong)}`,
  );
}

function literalOf(value: unknown): GrammarNode {
  return value === undefined ? empty : literal(JSON.stringify(value));
}

const isRecord = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isFilled = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;
