import { afterEach, expect, it } from 'vitest';
import { type ApiUnderTest, KEY, startApi } from '../../test-kit/api-under-test.js';

let api: ApiUnderTest;
afterEach(() => api.app.close());

async function listening(): Promise<string> {
  api = await startApi({ limits: { fileBytes: 100_000 } });
  return api.app.listen({ host: '127.0.0.1', port: 0 });
}

function upload(url: string, bytes: number): Promise<Response> {
  const body = new FormData();
  body.set('purpose', 'user_data');
  body.set('file', new Blob([new Uint8Array(bytes)]), 'a.bin');
  return fetch(`${url}/v1/files`, { method: 'POST', body, headers: { authorization: `Bearer ${KEY}` } });
}

it.each([100_001, 8_000_000])(
  'answers an upload of %i bytes, more than the limit, before the client gives up',
  async (bytes) => {
    const url = await listening();
    const refused = await upload(url, bytes);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ error: { code: expect.stringMatching(/too_large/) } });
    expect((await upload(url, 100_000)).status).toBe(200);
    expect((await api.deps.store.list('files/')).entries).toHaveLength(2);
  },
);
