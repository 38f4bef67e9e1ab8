import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { wireTypes } from '../../packages/sdk/generate.mjs';

const COMMITTED = new URL('../../packages/sdk/src/generated/wire.ts', import.meta.url);

it('has committed the SDK types that the schemas of contracts generate', async () => {
  const remedy = 'packages/sdk/src/generated/wire.ts is stale: run `npm run generate` and commit the result';
  expect(readFileSync(COMMITTED, 'utf8') === (await wireTypes()), remedy).toBe(true);
});
