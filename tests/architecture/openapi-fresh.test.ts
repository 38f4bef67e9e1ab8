import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openapiJson } from '../../functions/src/generated-documents.js';

const COMMITTED = new URL('../../functions/openapi.json', import.meta.url);

it('has committed the OpenAPI document that the routes generate', async () => {
  const remedy = 'functions/openapi.json is stale: run `npm run documents -w functions` and commit the result';
  expect(readFileSync(COMMITTED, 'utf8') === (await openapiJson()), remedy).toBe(true);
});
