/** Uploads the files of a model in parts, as `POST /v1/x/models` wants them. */
import type { ImportModelRequest } from '@preheat/contracts';
import type { ApiUnderTest } from './api-under-test.js';
import { multipartBody } from './multipart.js';

export async function uploadPart(api: ApiUnderTest, content: Uint8Array, key?: string): Promise<string> {
  const form = multipartBody([
    { field: 'purpose', value: 'user_data' },
    { field: 'file', filename: 'part', content: Buffer.from(content) },
  ]);
  const response = await api.call({ method: 'POST', url: '/v1/files', ...form, ...(key ? { key } : {}) });
  return (response.json() as { id: string }).id;
}

/** @param partBytes Where to cut. */
export async function uploadModelFiles(
  api: ApiUnderTest,
  files: ReadonlyMap<string, Uint8Array>,
  partBytes = Infinity,
): Promise<ImportModelRequest['files']> {
  const described: ImportModelRequest['files'] = [];
  for (const [path, content] of files) {
    const parts = [];
    for (let at = 0; at < content.length; at += partBytes)
      parts.push(await uploadPart(api, content.subarray(at, at + partBytes)));
    described.push({ path, bytes: content.length, parts });
  }
  return described;
}
