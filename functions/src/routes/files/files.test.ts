import { KEYS } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { collectFiles } from '../../files/collect-files.js';
import { FileLibrary } from '../../files/file-library.js';
import { sweepFileExpiries } from '../../files/sweep-file-expiries.js';
import { OTHER_KEY, startApi } from '../../test-kit/api-under-test.js';
import { multipartBody } from '../../test-kit/multipart.js';

const ROW = '{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"K AE T"}]}\n';
const PAIR =
  '{"input":{"messages":[{"role":"user","content":"cat"}]},"preferred_output":[{"role":"assistant","content":"K"}],"non_preferred_output":[{"role":"assistant","content":"S"}]}\n';
const purpose = { field: 'purpose', value: 'fine-tune' };
const file = (content: string | Buffer, filename = 'train.jsonl') => ({ field: 'file', filename, content });

describe('uploading', () => {
  it.each([
    ['fields first, as Python sends them', [purpose, file(ROW.repeat(3))]],
    ['the file first, as Node sends it', [file(ROW.repeat(3)), purpose]],
  ])('takes %s', async (_, parts) => {
    const api = await startApi();
    const created = await api.call({ method: 'POST', url: '/v1/files', ...multipartBody(parts) });
    expect(created.statusCode).toBe(200);
    expect(created.json()).toMatchObject({
      object: 'file',
      bytes: ROW.length * 3,
      filename: 'train.jsonl',
      purpose: 'fine-tune',
      status: 'processed',
      created_at: 1893456000,
    });
    const { id } = created.json() as { id: string };
    expect((await api.call({ url: `/v1/files/${id}` })).json()).toEqual(created.json());
    const content = await api.call({ url: `/v1/files/${id}/content` });
    expect(content.body).toBe(ROW.repeat(3));
    expect(content.headers['content-type']).toBe('application/octet-stream');
  });

  it('keeps binary content byte for byte and does not look into it', async () => {
    const api = await startApi();
    const bytes = Buffer.from([0, 255, 13, 10, 128, 0]);
    const form = multipartBody([{ field: 'purpose', value: 'user_data' }, file(bytes, 'a.bin')]);
    const { id } = (await api.call({ method: 'POST', url: '/v1/files', ...form })).json() as { id: string };
    expect((await api.call({ url: `/v1/files/${id}/content` })).rawPayload).toEqual(bytes);
  });

  it('lets a file expire when it was asked to', async () => {
    const api = await startApi();
    const expiry = [
      { field: 'expires_after[anchor]', value: 'created_at' },
      { field: 'expires_after[seconds]', value: '3600' },
    ];
    const form = multipartBody([purpose, ...expiry, file(ROW)]);
    const created = (await api.call({ method: 'POST', url: '/v1/files', ...form })).json() as Record<string, unknown>;
    expect(created['expires_at']).toBe(1893456000 + 3600);
    await api.clock.advance(3_600_000);
    expect((await api.call({ url: `/v1/files/${created['id']}` })).statusCode).toBe(404);
  });

  it('deletes what expired, some time later and once nothing reads it', async () => {
    const api = await startApi();
    const { store, clock } = api.deps;
    const upload = async () => {
      const seconds = { field: 'expires_after[seconds]', value: '3600' };
      const fields = [purpose, { field: 'expires_after[anchor]', value: 'created_at' }, seconds, file(ROW.repeat(12))];
      const form = multipartBody(fields);
      return ((await api.call({ method: 'POST', url: '/v1/files', ...form })).json() as { id: string }).id;
    };
    const [unused, used] = [await upload(), await upload()];
    const payload = { model: 'preheat-1m', training_file: used };
    const job = (await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload })).json() as { id: string };
    const kept = async () => (await store.list('files/')).entries.map(({ key }) => key);
    const of = (id: string) => [KEYS.fileContent(id), KEYS.file(id)];
    const sweep = () => sweepFileExpiries({ ...api.deps, files: new FileLibrary(api.deps) });
    await api.clock.advance(3_600_000);
    // A request that found it before may still be under way.
    expect(await sweep()).toEqual({ expired: 0, waiting: 0, failed: 0 });
    await api.clock.advance(600_000);
    expect(await sweep()).toEqual({ expired: 1, waiting: 1, failed: 0 });
    expect(await kept()).toEqual(of(used));
    expect(await store.head(KEYS.fileIndexEntry('proj-one', clock.nowMs() - 4_200_000, unused))).toBeUndefined();
    await api.call({ method: 'POST', url: `/v1/fine_tuning/jobs/${job.id}/cancel` });
    expect(await sweep()).toEqual({ expired: 1, waiting: 0, failed: 0 });
    expect(await kept()).toEqual([]);
    expect((await store.list(KEYS.fileIndex('proj-one'))).entries).toEqual([]);
    expect((await store.list(KEYS.fileExpiries)).entries).toEqual([]);
  });
});

const BAD_UPLOADS: [string, Parameters<typeof multipartBody>[0], number, string, RegExp][] = [
  ['no file', [purpose], 400, 'invalid_request', /needs a 'file' field/],
  ['no purpose', [file(ROW)], 400, 'invalid_request', /'purpose' is required/],
  ['an unknown purpose', [{ ...purpose, value: 'poetry' }, file(ROW)], 400, 'invalid_request', /"fine-tune"/],
  ['another extension', [purpose, file(ROW, 'train.csv')], 400, 'invalid_request', /end with \.jsonl/],
  ['two files', [purpose, file(ROW), file(ROW)], 413, 'body_too_large', /limit/],
  ['an empty file', [purpose, file('')], 400, 'invalid_training_file', /train\.jsonl: the file has no rows/],
  ['broken JSON', [purpose, file(`${ROW}{"messages": [}\n`)], 400, 'invalid_training_file', /line 2: .*not valid JSON/],
  ['an empty line', [purpose, file(`${ROW}\n${ROW}`)], 400, 'invalid_training_file', /line 2: the line is empty/],
  [
    'a wrong role',
    [purpose, file(ROW.replace('user', 'usr'))],
    400,
    'invalid_training_file',
    /line 1: messages\.0\.role/,
  ],
  [
    'no messages',
    [purpose, file('{"prompt":"a"}')],
    400,
    'invalid_training_file',
    /line 1: messages is required.*example/,
  ],
  [
    'a weight on a user message',
    [purpose, file(ROW.replace('"cat"', '"cat","weight":0'))],
    400,
    'invalid_training_file',
    /messages\.0\.weight/,
  ],
  [
    'a pair without its other answer',
    [
      purpose,
      file(
        '{"input":{"messages":[{"role":"user","content":"a"}]},"preferred_output":[{"role":"assistant","content":"b"}]}',
      ),
    ],
    400,
    'invalid_training_file',
    /line 1: non_preferred_output is required.*example.*preferred_output/i,
  ],
  [
    "a pair whose answer is the user's",
    [purpose, file(PAIR.replace('"assistant"', '"user"'))],
    400,
    'invalid_training_file',
    /line 1: preferred_output\.0\.role/,
  ],
  [
    'pairs among other rows',
    [purpose, file(`${ROW}${PAIR}`)],
    400,
    'invalid_training_file',
    /line 2: .*cannot share a file/,
  ],
  ['invalid UTF-8', [purpose, file(Buffer.from([0x22, 0xff, 0x22]))], 400, 'invalid_training_file', /line 1: .*UTF-8/],
  ['an eval row without item', [{ ...purpose, value: 'evals' }, file('{"a":1}')], 400, 'invalid_training_file', /item/],
  ['too many bytes', [purpose, file(ROW.repeat(200))], 413, 'file_too_large', /at most 10000 bytes/],
];

describe('refused uploads', () => {
  it.each(BAD_UPLOADS)('%s', async (_, parts, status, code, message) => {
    const api = await startApi({ limits: { fileBytes: 10_000 } });
    const response = await api.call({ method: 'POST', url: '/v1/files', ...multipartBody(parts) });
    const { error } = response.json() as { error: { code: string; message: string } };
    expect([response.statusCode, error.code]).toEqual([status, code]);
    expect(error.message).toMatch(message);
    expect((await api.deps.store.list('files/')).entries).toEqual([]);
  });

  it('an upload that is not multipart', async () => {
    const api = await startApi();
    const response = await api.call({ method: 'POST', url: '/v1/files', payload: { purpose: 'fine-tune' } });
    expect(response.statusCode).toBe(415);
    expect(response.json()).toMatchObject({ error: { code: 'unsupported_media_type' } });
  });

  it('a form that is cut off', async () => {
    const api = await startApi();
    const { payload, headers } = multipartBody([purpose, file(ROW)]);
    const cut = { payload: payload.subarray(0, payload.length - 30), headers };
    const response = await api.call({ method: 'POST', url: '/v1/files', ...cut });
    expect(response.statusCode).toBe(400);
    expect((await api.deps.store.list('files/')).entries).toEqual([]);
  });
});

describe('listing', () => {
  async function withFiles(count: number) {
    const api = await startApi();
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      ids.push(await api.upload(i % 2 ? '{"item":{}}' : ROW, i % 2 ? 'evals' : 'fine-tune'));
      await api.clock.advance(1);
    }
    const list = async (query: string) => (await api.call({ url: `/v1/files?${query}` })).json() as ListAnswer;
    return { api, ids, list };
  }
  interface ListAnswer {
    data: { id: string }[];
    has_more: boolean;
    first_id: string | null;
    last_id: string | null;
  }

  it('is newest first, and ascending when asked', async () => {
    const { ids, list } = await withFiles(4);
    expect((await list('')).data.map((item) => item.id)).toEqual([...ids].reverse());
    expect((await list('order=asc')).data.map((item) => item.id)).toEqual(ids);
  });

  it.each(['asc', 'desc'])(
    'walks all pages of one item, %s, also when each item is deleted on the way',
    async (order) => {
      const { api, ids, list } = await withFiles(5);
      const seen: string[] = [];
      let after = '';
      for (;;) {
        const page = await list(`limit=1&order=${order}${after}`);
        expect(page.first_id).toBe(page.data[0]?.id ?? null);
        const id = page.data[0]?.id ?? '';
        seen.push(id);
        await api.call({ method: 'DELETE', url: `/v1/files/${id}` });
        if (!page.has_more) break;
        after = `&after=${page.last_id}`;
      }
      expect(seen).toEqual(order === 'asc' ? ids : [...ids].reverse());
      expect((await list('')).data).toEqual([]);
    },
  );

  it('filters by purpose', async () => {
    const { ids, list } = await withFiles(4);
    expect((await list('purpose=evals&order=asc')).data.map((item) => item.id)).toEqual([ids[1], ids[3]]);
  });

  it('refuses an `after` that is no file', async () => {
    const { api } = await withFiles(1);
    const response = await api.call({ url: '/v1/files?after=nonsense' });
    expect(response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'after' } });
  });
});

describe('deleting', () => {
  it('removes record, content and index entry, and is a 404 afterwards', async () => {
    const api = await startApi();
    const id = await api.upload(ROW, 'fine-tune');
    // openai-python sends this content type with an empty body.
    const headers = { 'content-type': 'application/json' };
    const deleted = await api.call({ method: 'DELETE', url: `/v1/files/${id}`, headers });
    expect(deleted.json()).toEqual({ id, object: 'file', deleted: true });
    expect((await api.deps.store.list('files/')).entries).toEqual([]);
    expect((await api.call({ method: 'DELETE', url: `/v1/files/${id}` })).statusCode).toBe(404);
    // The mark stays for the collector, in case a write is still on its way.
    const orphanGraceMs = 60_000;
    await api.clock.advance(orphanGraceMs + 1);
    expect(await collectFiles(api.deps, { orphanGraceMs })).toEqual({ deleted: 1, failed: 0 });
    expect((await api.deps.store.list('index/')).entries).toEqual([]);
  });
});

describe('another project', () => {
  it.each([
    ['GET', ''],
    ['GET', '/content'],
    ['DELETE', ''],
  ] as const)('cannot %s a file%s', async (method, suffix) => {
    const api = await startApi();
    const id = await api.upload(ROW, 'fine-tune');
    const response = await api.call({ method, url: `/v1/files/${id}${suffix}`, key: OTHER_KEY });
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ error: { code: 'not_found', param: 'file_id' } });
    expect((await api.call({ url: '/v1/files', key: OTHER_KEY })).json()).toMatchObject({ data: [], has_more: false });
    expect((await api.call({ url: `/v1/files/${id}` })).statusCode).toBe(200);
  });
});
