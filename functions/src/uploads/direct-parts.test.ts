import { createHash } from 'node:crypto';
import { type AnnounceUploadPart, KEYS } from '@preheat/contracts';
import type { DirectUploads, PutGrantRequest } from '@preheat/ports';
import { beforeEach, describe, expect, it } from 'vitest';
import { FileLibrary } from '../files/file-library.js';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { Uploads } from './uploads.js';

const PROJECT = 'proj-one';
const LIMITS = { uploadBytes: 10_000, uploadPartBytes: 4, directPartBytes: 8 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const announcementOf = (text: string): AnnounceUploadPart => ({
  bytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
});

let api: ApiUnderTest;
let uploads: Uploads;
let id: string;
const granted: PutGrantRequest[] = [];
/** Signs like a store that clients can reach; who puts what is the test's. */
const directUploads: DirectUploads = {
  grantPut: async (request) => {
    granted.push(request);
    const expiresAtMs = request.nowMs + request.lifetimeMs;
    return { url: `https://store.example.com/${request.key}`, headers: { 'if-none-match': '*' }, expiresAtMs };
  },
};
beforeEach(async () => {
  api = await startApi();
  uploads = new Uploads({ ...api.deps, directUploads }, new FileLibrary(api.deps), LIMITS);
  const request = { bytes: 12, filename: 'a.txt', mime_type: 'text/plain', purpose: 'user_data' } as const;
  ({ id } = await uploads.create(PROJECT, request));
});

/** Announces one text and puts another, as a damaged line would. */
async function sent(text: string, arrives = text): Promise<string> {
  const part = await uploads.announcePart(PROJECT, id, announcementOf(text));
  await api.deps.store.put(KEYS.uploadPart(id, part.id), bytesOf(arrives));
  return part.id;
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield bytesOf(text);
}

const complete = (...part_ids: string[]) => uploads.complete(PROJECT, id, { part_ids });

describe('a part that is put into the store', () => {
  it('is refused once parts have several times the bytes of the file', async () => {
    for (const text of ['12345678', '12345678', '12345678', '12345678']) await sent(text);
    const more = uploads.announcePart(PROJECT, id, announcementOf('12345'));
    await expect(more).rejects.toMatchObject({
      code: 'file_too_large',
      message: expect.stringContaining('32 already'),
    });
    const bytes = bytesOf('1234');
    await api.deps.store.put(KEYS.uploadPart(id, 'part_more'), new Uint8Array([...bytes, 0]));
    await expect(uploads.addPart(PROJECT, id, chunks('1'))).rejects.toMatchObject({ code: 'file_too_large' });
  });

  it('is granted for one key, its bytes and a short time, and is joined with those that came through the API', async () => {
    const part = await uploads.announcePart(PROJECT, id, announcementOf('straight'));
    const { key, bytes, sha256, lifetimeMs } = granted.at(-1) as PutGrantRequest;
    expect([key, { bytes, sha256 }]).toEqual([KEYS.uploadPart(id, part.id), announcementOf('straight')]);
    expect(lifetimeMs).toBeLessThanOrEqual(900_000);
    const expires_at = (api.clock.nowMs() + lifetimeMs) / 1000;
    expect(part).toMatchObject({ object: 'upload.direct_part', method: 'PUT', upload_id: id, expires_at });
    await api.deps.store.put(key, bytesOf('straight'));
    const other = await uploads.addPart(PROJECT, id, chunks('past'));
    const { file } = await complete(other.id, part.id);
    expect((await api.call({ url: `/v1/files/${file?.id}/content` })).body).toBe('paststraight');
  });

  it('that never arrived, or arrived as something else, is named when the upload is completed, which stays open', async () => {
    const right = [await sent('straight'), await sent('past')];
    const { id: absent } = await uploads.announcePart(PROJECT, id, announcementOf('never'));
    const refused = { code: 'upload_incomplete' };
    await expect(complete(right[0] ?? '', absent)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('never arrived'),
    });
    await expect(complete(right[0] ?? '', await sent('past', 'pas'))).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('has 3 bytes; 4 were announced'),
    });
    await expect(complete(right[0] ?? '', await sent('past', 'pest'))).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('not the one that was announced'),
    });
    expect((await api.call({ url: '/v1/files' })).json()).toMatchObject({ data: [] });
    expect(await complete(...right)).toMatchObject({ status: 'completed', file: { bytes: 12 } });
  });

  it('is not granted for another project, an upload that has ended, or more bytes than the limits', async () => {
    const announce = (text: string, project = PROJECT) => uploads.announcePart(project, id, announcementOf(text));
    await expect(announce('straight', 'proj-two')).rejects.toMatchObject({ code: 'not_found' });
    await expect(announce('too much!')).rejects.toMatchObject({ code: 'file_too_large' });
    await uploads.cancel(PROJECT, id);
    await expect(announce('straight')).rejects.toMatchObject({ code: 'invalid_upload_state' });
  });

  it('is refused where the store takes none, which the limits say beforehand', async () => {
    const payload = { bytes: 3, filename: 'a.txt', mime_type: 'text/plain', purpose: 'user_data' };
    const created = (await api.call({ method: 'POST', url: '/v1/uploads', payload })).json() as { id: string };
    const url = `/v1/x/uploads/${created.id}/parts`;
    const answer = await api.call({ method: 'POST', url, payload: announcementOf('abc') });
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { error: { code: 'direct_upload_unavailable' } }]);
    const wrong = await api.call({ method: 'POST', url, payload: { bytes: 3, sha256: 'abc' } });
    expect(wrong.json()).toMatchObject({ error: { param: 'sha256' } });
    expect((await api.call({ url: '/v1/x/limits' })).json()).toMatchObject({ direct_part_bytes: null });
  });
});
