/** The operations of the OpenAPI document, as the fuzzer needs them. */
import { readFileSync } from 'node:fs';
import type { JsonSchema } from './schema-arbitrary.js';

export interface Operation {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly query: readonly { readonly name: string; readonly schema: JsonSchema }[];
  readonly body?: { readonly contentType: string; readonly schema: JsonSchema };
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema?: JsonSchema;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
}

export interface OpenapiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export const readDocument = (): OpenapiDocument =>
  JSON.parse(readFileSync(new URL('../../functions/openapi.json', import.meta.url), 'utf8')) as OpenapiDocument;

export function operationsOf({ paths }: OpenapiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
      const [content] = Object.entries(requestBody?.content ?? {});
      const query = parameters.filter((one) => one.in === 'query');
      return {
        method: method.toUpperCase(),
        path,
        query: query.map(({ name, schema = {} }) => ({ name, schema })),
        ...(content ? { body: { contentType: content[0], schema: content[1].schema ?? {} } } : {}),
      };
    }),
  );
}
