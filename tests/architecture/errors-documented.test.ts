/** One error table, three places: the code, docs/errors.md and the OpenAPI document. None may know more than another. */
import { readFileSync } from 'node:fs';
import { ERRORS, type ErrorCode } from '@preheat/contracts';
import { expect, it } from 'vitest';
import { errorsMarkdown } from '../../functions/src/generated-documents.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('has committed the error page that the error table generates', () => {
  const remedy = 'docs/errors.md is stale: run `npm run documents -w functions` and commit the result';
  expect(read('docs/errors.md') === errorsMarkdown(), remedy).toBe(true);
});

it('documents every code in OpenAPI under its status, and no other', () => {
  const documented = new Set<string>();
  for (const [status, code] of declaredErrors(JSON.parse(read('functions/openapi.json')))) {
    documented.add(code);
    const rule = ERRORS[code as ErrorCode] as { status: number } | undefined;
    if (status !== undefined) expect([code, rule?.status]).toEqual([code, status]);
  }
  expect([...documented].sort()).toEqual(Object.keys(ERRORS).sort());
});

/** Every code in the document, with the status of the response it stands in; undefined outside of routes. */
function* declaredErrors(node: unknown, status?: number): Generator<[number | undefined, string]> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'x-error-codes') for (const code of value as string[]) yield [status, code];
    else yield* declaredErrors(value, /^[1-5][0-9]{2}$/.test(key) ? Number(key) : status);
  }
}
