/** What the parts of a program are, by the program. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FUNCTION_DECODER_WORKERS, openParts } from './composition.js';

it('functions warm no model for who looks at a job: what is looked at there answers no chat', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'preheat-composition-'));
  const environment = { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: folder };
  const parts = await openParts(environment, 'api', FUNCTION_DECODER_WORKERS);
  expect(parts.warmer).toBeUndefined();
  await parts.close();
  await rm(folder, { recursive: true });
});
