/** What the parts of a program are, by the program. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FUNCTION_DECODERS, openApi } from './api-parts.js';
import { openParts } from './composition.js';

it('functions warm no model for who looks at a job: what is looked at there answers no chat', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'preheat-composition-'));
  const environment = { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: folder };
  const parts = await openParts(environment, 'api', FUNCTION_DECODERS);
  expect(parts.warmer).toBeUndefined();
  await parts.close();
  await rm(folder, { recursive: true });
});

it('says which trusted proxy is no address', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'preheat-composition-'));
  const environment = { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: folder };
  const parts = await openParts(environment, 'api', FUNCTION_DECODERS);
  const opening = openApi({ ...environment, PREHEAT_TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.999' }, parts);
  await expect(opening).rejects.toThrow(/PREHEAT_TRUSTED_PROXIES: 10\.0\.0\.999 is neither/);
  const app = await openApi({ ...environment, PREHEAT_TRUSTED_PROXIES: '10.0.0.0/8,::1' }, parts);
  await app.close();
  await parts.close();
  await rm(folder, { recursive: true });
});
