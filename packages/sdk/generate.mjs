/**
 * Writes src/generated/wire.ts: the types of everything that crosses the wire, from the committed OpenAPI document. Run by
 * `npm run generate` after `npm run openapi`; a test proves that the committed file is fresh.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const DOCUMENT = new URL('../../functions/openapi.json', import.meta.url);
const TARGET = new URL('./src/generated/wire.ts', import.meta.url);

const BANNER = `/**
 * Types of the HTTP API. Generated from functions/openapi.json by \`npm run generate\`: do not edit.
 */`;

/** Request bodies that the document describes at their route, by the name they get here. */
const ROUTE_BODIES = {
  CreateJob: ['/v1/fine_tuning/jobs', 'post'],
  CreateWebhookEndpoint: ['/v1/webhook_endpoints', 'post'],
  UpdateWebhookEndpoint: ['/v1/webhook_endpoints/{webhook_endpoint_id}', 'post'],
};

/** Keeps what a TypeScript type can say: records become index signatures, and array bounds go. */
function typeable(node) {
  if (Array.isArray(node)) return node.map(typeable);
  if (typeof node !== 'object' || node === null) return node;
  const { minItems, maxItems, patternProperties, ...rest } = node;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, typeable(value)]));
  if (typeof kept.$ref === 'string') kept.$ref = kept.$ref.replace('#/components/schemas/', '#/definitions/');
  if (patternProperties) kept.additionalProperties = typeable(Object.values(patternProperties)[0]);
  return kept;
}

/** The text of src/generated/wire.ts. */
export async function wireTypes() {
  const document = JSON.parse(readFileSync(DOCUMENT, 'utf8'));
  const definitions = typeable(document.components.schemas);
  for (const [name, [path, method]] of Object.entries(ROUTE_BODIES)) {
    definitions[name] = typeable(document.paths[path][method].requestBody.content['application/json'].schema);
  }
  const properties = Object.fromEntries(
    Object.keys(definitions).map((name) => [name, { $ref: `#/definitions/${name}` }]),
  );
  const root = { title: 'WireTypes', type: 'object', properties, required: Object.keys(properties), definitions };
  return compile(root, 'WireTypes', { bannerComment: BANNER, additionalProperties: false });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, await wireTypes());
  console.log(`wrote ${fileURLToPath(TARGET)}`);
}
