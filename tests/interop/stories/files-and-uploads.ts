/** Files and uploads: items 5, 6, 7, 14 and 15 of the checklist. */
import { toFile } from 'openai-7';
import { expect } from 'vitest';
import { collect, refusal, type Story } from './story.js';

const ROWS = '{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"K AE T"}]}\n'.repeat(12);

export async function filesAndUploads({ client }: Story): Promise<void> {
  const file = await client.files.create({
    file: await toFile(Buffer.from(ROWS), 'rows.jsonl'),
    purpose: 'fine-tune',
    expires_after: { anchor: 'created_at', seconds: 3_600 },
  });
  expect(file).toMatchObject({ bytes: ROWS.length, expires_at: file.created_at + 3_600 });
  expect((await client.files.waitForProcessing(file.id)).status).toBe('processed');
  expect((await collect(client.files.list({ limit: 1 }))).map(({ id }) => id)).toContain(file.id);
  expect((await client.files.retrieve(file.id)).id).toBe(file.id);
  expect(Buffer.from(await (await client.files.content(file.id)).arrayBuffer()).toString()).toBe(ROWS);
  expect((await client.files.delete(file.id)).deleted).toBe(true);
  const gone = await refusal(client.files.retrieve(file.id));
  expect(gone).toMatchObject({ status: 404, code: 'not_found', param: 'file_id', type: 'invalid_request_error' });
  expect(gone.requestID).toMatch(/^req_/);
  await inParts({ client });
}

async function inParts({ client }: Pick<Story, 'client'>): Promise<void> {
  const bytes = Buffer.from(ROWS);
  const request = {
    bytes: bytes.length,
    filename: 'rows.jsonl',
    mime_type: 'text/jsonl',
    purpose: 'fine-tune' as const,
  };
  const upload = await client.uploads.create(request);
  const send = async (from: number, to?: number) =>
    client.uploads.parts.create(upload.id, { data: await toFile(bytes.subarray(from, to), 'part') });
  const parts = await Promise.all([send(0, 400), send(400)]);
  const whole = await client.uploads.complete(upload.id, { part_ids: parts.map(({ id }) => id) });
  expect(whole).toMatchObject({ status: 'completed', file: { bytes: bytes.length, filename: 'rows.jsonl' } });
  expect(await (await client.files.content(whole.file?.id ?? '')).text()).toBe(ROWS);
  const other = await client.uploads.create(request);
  expect((await client.uploads.cancel(other.id)).status).toBe('cancelled');
}
