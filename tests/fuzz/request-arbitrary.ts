/**
 * Requests made of the OpenAPI document: an operation, its parameters and its body, each usually right and sometimes not.
 * Where an id is wanted, the request names the place of one among those that earlier answers brought; what stands there
 * is filled in when it is sent.
 */
import fc, { type Arbitrary } from 'fast-check';
import { hostileText, hostileValue } from './hostile-values.js';
import { likelyValues } from './likely-values.js';
import { type OpenapiDocument, type Operation, operationsOf } from './operations.js';
import { type SchemaContext, valueFor } from './schema-arbitrary.js';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const JSON_TYPE = 'application/json';
const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS'];
const CONTENT_TYPES = [JSON_TYPE, 'text/plain', 'multipart/form-data', 'multipart/form-data; boundary=x', 'a', ''];
const BOUNDARY = 'fuzz-boundary';

export function requestArbitrary(document: OpenapiDocument): Arbitrary<FuzzRequest> {
  const context: SchemaContext = { schemas: document.components.schemas, likely: likelyValues };
  const known = operationsOf(document).map((operation) => requestOf(operation, context));
  return fc.oneof({ weight: 30, arbitrary: fc.oneof(...known) }, { weight: 1, arbitrary: anyRequest });
}

function requestOf(operation: Operation, context: SchemaContext): Arbitrary<FuzzRequest> {
  return fc
    .record({ path: pathOf(operation), query: queryOf(operation, context), headers, body: bodyOf(operation, context) })
    .map(({ path, query, headers: extra, body }) => ({
      method: operation.method,
      path: query === '' ? path : `${path}?${query}`,
      headers: { ...(body === undefined ? {} : { 'content-type': body.contentType }), ...extra },
      ...(body === undefined ? {} : { body: body.text }),
    }));
}

function pathOf({ path }: Operation): Arbitrary<string> {
  const parts = path.split('/').map((part) => {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(part);
    const likely = likelyValues(name) ?? fc.constant('x');
    const values = fc.oneof({ weight: 6, arbitrary: likely }, { weight: 1, arbitrary: hostileText });
    return values.map((value) => encoded(String(value)));
  });
  return fc.tuple(...parts).map((values) => values.join('/'));
}

function queryOf({ query }: Operation, context: SchemaContext): Arbitrary<string> {
  const known = query.map(({ name, schema }) =>
    fc.option(valueFor(schema, context, name), { nil: undefined, freq: 2 }).map((value) => queryText(name, value)),
  );
  const noise = fc.oneof(
    { weight: 12, arbitrary: fc.constant('') },
    {
      weight: 1,
      arbitrary: fc.tuple(hostileText, hostileText).map(([name, value]) => `${encoded(name)}=${encoded(value)}`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('a[b][c][d]=1', '__proto__[x]=1', 'limit=1&limit=2', 'metadata[a]=1', '%', '&&&='),
    },
  );
  return fc.tuple(...known, noise).map((parts) => parts.filter((part) => part !== '').join('&'));
}

function queryText(name: string, value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'object' || value === null) return `${name}=${encoded(String(value))}`;
  const entries = Object.entries(value);
  return entries.map(([key, one]) => `${name}[${encoded(key)}]=${encoded(String(one))}`).join('&');
}

const headers: Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 10, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.constantFrom(
        'idempotency-key',
        'last-event-id',
        'x-stainless-retry-count',
        'range',
        'accept',
        'if-none-match',
      ),
      fc.oneof(fc.constantFrom('0', '1', '-1', '999999999999', 'NaN', 'bytes=0-1', '*'), fc.string({ maxLength: 300 })),
      { maxKeys: 2 },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...CONTENT_TYPES).map((type) => ({ 'content-type': type })) },
);

function bodyOf(
  { body }: Operation,
  context: SchemaContext,
): Arbitrary<{ contentType: string; text: string } | undefined> {
  const broken = fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '0',
    '""',
    '{"a":1,}',
    '\ufeff{}',
    '{"a":"\ud800"}',
    '['.repeat(5_000),
  );
  const noise = broken.map((text) => ({ contentType: JSON_TYPE, text }));
  if (!body) return fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: noise });
  if (body.contentType !== JSON_TYPE) return fc.oneof({ weight: 12, arbitrary: form }, { weight: 1, arbitrary: noise });
  const fitting = valueFor(body.schema, context).map((value) => ({
    contentType: JSON_TYPE,
    text: JSON.stringify(value) ?? '',
  }));
  return fc.oneof({ weight: 20, arbitrary: fitting }, { weight: 1, arbitrary: noise });
}

const CONTENTS = [
  '',
  'abc',
  '{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"K AE T"}]}\n',
  '{"messages":[{"role":"user","content":"cat"}],"references":["K AE T"]}\n',
  '{"item":{"word":"cat"}}\n',
  '{"item":{"word":"cat"},"sample":{"output_text":"x"}}\n\n\n',
  '\u0000\u0001',
  `${'['.repeat(500)}\n`,
  'x'.repeat(20_000),
];
const part = fc.record({
  field: fc.oneof(
    fc.constantFrom('purpose', 'file', 'data', 'expires_after[anchor]', 'expires_after[seconds]'),
    hostileText,
  ),
  filename: fc.option(fc.oneof(fc.constantFrom('data.jsonl', 'a.txt', 'model.safetensors'), hostileText), { freq: 2 }),
  content: fc.oneof(fc.constantFrom(...CONTENTS, 'fine-tune', 'evals', 'user_data', 'created_at', '3600'), fc.string()),
});
const usualForm = fc
  .tuple(
    fc.constantFrom('fine-tune', 'evals', 'user_data'),
    fc.constantFrom('data.jsonl', 'a.txt'),
    fc.constantFrom(...CONTENTS),
  )
  .map(([purpose, filename, content]) => [
    { field: 'purpose', filename: null, content: purpose },
    { field: 'file', filename, content },
  ]);
const partForm = fc.constantFrom(...CONTENTS).map((content) => [{ field: 'data', filename: 'part', content }]);
const form = fc
  .tuple(fc.oneof(usualForm, partForm, fc.array(part, { maxLength: 4 })), fc.boolean())
  .map(([parts, isWhole]) => ({
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
    text: `${parts.map(partText).join('')}${isWhole || parts.length < 3 ? `--${BOUNDARY}--\r\n` : ''}`,
  }));

function partText({ field, filename, content }: { field: string; filename: string | null; content: string }): string {
  const file = filename === null ? '' : `; filename="${filename}"`;
  return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${field}"${file}\r\n\r\n${content}\r\n`;
}

/** Of no operation at all. */
const anyRequest: Arbitrary<FuzzRequest> = fc
  .record({ method: fc.constantFrom(...METHODS), parts: fc.array(hostileText, { maxLength: 4 }), value: hostileValue })
  .map(({ method, parts, value }) => ({
    method,
    path: `/v1/${parts.map(encoded).join('/')}`,
    headers: { 'content-type': JSON_TYPE },
    ...(method === 'POST' || method === 'PUT' ? { body: JSON.stringify(value) ?? '' } : {}),
  }));

/** Lone surrogates have no UTF-8 form; a client would refuse to send them. Places of ids stay readable. */
function encoded(text: string): string {
  const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
  return /^<known:/.test(whole) ? whole : encodeURIComponent(whole);
}
