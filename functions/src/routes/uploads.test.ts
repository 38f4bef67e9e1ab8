import { createHash } from 'node:crypto';
import { KEYS } from '@preheat/contracts';
import { listAll } from '@preheat/ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';
import { multipartBody } from '../test-kit/multipart.js';
import { jsonl, SFT_ROWS } from '../test-kit/rows.js';
import { sweepUploads } from '../uploads/sweep-uploads.js';

const LIMITS = { uploadBytes: 10_000, uploadPartBytes: 200 };
const TEXT = jsonl(SFT_ROWS);
const PIECES = [TEXT.slice(0, 150), TEXT.slice(150, 300), TEXT.slice(300)];
const HOUR_MS = 3_600_000;

let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi({ limits: LIMITS });
});
afterEach(() => api.app.close());

const post = (url: string, payload?: object, key?: string) =>
  api.call({ method: 'POST', url: `/v1/uploads${url}`, ...(payload ? { payload } : {}), ...(key ? { key } : {}) });

async function create(bytes = TEXT.length, filename = 'rows.jsonl'): Promise<string> {
  const answer = await post('', { bytes, filename, mime_type: 'text/jsonl', purpose: 'fine-tune' });
  expect(answer.json()).toMatchObject({ object: 'upload', status: 'pending', file: null, bytes });
  return (answer.json() as { id: string }).id;
}

const part = (id: string, content: string, key?: string) =>
  api.call({
    method: 'POST',
    url: `/v1/uploads/${id}/parts`,
    ...multipartBody([{ field: 'data', filename: 'upload', content }]),
    ...(key ? { key } : {}),
  });

const partId = async (id: string, content: string) => ((await part(id, content)).json() as { id: string }).id;

describe('an upload', () => {
  it('becomes a file of its parts, in the order named', async () => {
    const id = await create();
    const last = await partId(id, PIECES[2] ?? '');
    const rest = [await partId(id, PIECES[0] ?? ''), await partId(id, PIECES[1] ?? '')];
    const md5 = createHash('md5').update(TEXT).digest('hex');
    const answer = await post(`/${id}/complete`, { part_ids: [...rest, last], md5 });
    const upload = answer.json() as { status: string; file: { id: string } };
    expect(upload).toMatchObject({ status: 'completed', file: { bytes: TEXT.length, purpose: 'fine-tune' } });
    const content = await api.call({ url: `/v1/files/${upload.file.id}/content` });
    expect(content.body).toBe(TEXT);
    // A client that lost the answer repeats the request.
    expect((await post(`/${id}/complete`, { part_ids: [...rest, last] })).json()).toEqual(upload);
    expect((await part(id, 'x')).json()).toMatchObject({ error: { code: 'invalid_upload_state' } });
    expect((await post(`/${id}/cancel`)).json()).toMatchObject({ error: { code: 'invalid_upload_state' } });
  });

  it('is cancelled once and for all', async () => {
    const id = await create();
    for (let i = 0; i < 2; i++) expect((await post(`/${id}/cancel`)).json()).toMatchObject({ status: 'cancelled' });
    expect((await part(id, 'x')).statusCode).toBe(400);
  });

  it('expires after an hour, and its parts are deleted later', async () => {
    const id = await create();
    await partId(id, 'abc');
    await api.clock.advance(HOUR_MS);
    expect((await part(id, 'x')).json().error.message).toContain('expired');
    expect(await sweepUploads(api.deps)).toBe(0);
    await api.clock.advance(HOUR_MS);
    expect(await sweepUploads(api.deps)).toBe(1);
    const left = [];
    for await (const { key } of listAll(api.deps.store, `uploads/`)) left.push(key);
    for await (const { key } of listAll(api.deps.store, KEYS.openUploads)) left.push(key);
    expect(left).toEqual([]);
  });

  it('is nothing to another project', async () => {
    const id = await create();
    expect((await part(id, 'x', OTHER_KEY)).statusCode).toBe(404);
    expect((await post(`/${id}/complete`, { part_ids: ['part_x'] }, OTHER_KEY)).statusCode).toBe(404);
    expect((await post(`/${id}/cancel`, undefined, OTHER_KEY)).statusCode).toBe(404);
  });
});

describe('an upload is refused', () => {
  it('above the limits that are advertised', async () => {
    const advertised = (await api.call({ url: '/v1/x/limits' })).json();
    expect(advertised).toMatchObject({ upload_bytes: 10_000, upload_part_bytes: 200 });
    const tooLarge = await post('', { bytes: 10_001, filename: 'a.jsonl', mime_type: 'text/jsonl', purpose: 'evals' });
    expect(tooLarge.statusCode).toBe(413);
    expect(tooLarge.json().error).toMatchObject({ code: 'file_too_large', param: 'bytes' });
    const id = await create();
    const answer = await part(id, 'x'.repeat(201));
    expect(answer.statusCode).toBe(413);
    expect(answer.json().error.message).toContain('200 bytes');
    for await (const entry of listAll(api.deps.store, KEYS.uploadParts(id))) expect(entry).toBeUndefined();
  });

  it('when its parts are not what was announced', async () => {
    const id = await create();
    const first = await partId(id, PIECES[0] ?? '');
    const refusal = async (body: object) => (await post(`/${id}/complete`, body)).json().error;
    expect(await refusal({ part_ids: [first] })).toMatchObject({ code: 'upload_incomplete', param: 'part_ids' });
    expect((await refusal({ part_ids: [first, first] })).message).toContain('twice');
    expect((await refusal({ part_ids: ['part_none'] })).message).toContain('no part part_none');
    const rest = [await partId(id, PIECES[1] ?? ''), await partId(id, PIECES[2] ?? '')];
    const all = [first, ...rest];
    expect(await refusal({ part_ids: all, md5: '0'.repeat(32) })).toMatchObject({ param: 'md5' });
    // Still open: the next try may be right.
    expect((await post(`/${id}/complete`, { part_ids: all })).json()).toMatchObject({ status: 'completed' });
  });

  it('when its rows are wrong, and leaves no file', async () => {
    const id = await create(3);
    const only = await partId(id, 'abc');
    const answer = await post(`/${id}/complete`, { part_ids: [only] });
    expect(answer.json()).toMatchObject({ error: { code: 'invalid_training_file' } });
    expect((await api.call({ url: '/v1/files' })).json().data).toEqual([]);
  });

  it('when the form has no part', async () => {
    const id = await create();
    const form = multipartBody([{ field: 'file', filename: 'a', content: 'b' }]);
    const answer = await api.call({ method: 'POST', url: `/v1/uploads/${id}/parts`, ...form });
    expect(answer.json()).toMatchObject({ error: { code: 'invalid_request', param: 'data' } });
  });
});
