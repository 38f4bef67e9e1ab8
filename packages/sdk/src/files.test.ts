import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { json, RecordingServer } from './recording-server.js';

let server: RecordingServer;
let folder: string;
beforeEach(async () => {
  server = await RecordingServer.start();
  folder = await mkdtemp(join(tmpdir(), 'preheat-sdk-'));
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

it('uploads a path under its own name', async () => {
  const path = join(folder, 'rows.jsonl');
  await writeFile(path, '{"messages":[]}\n');
  server.script(json(200, { id: 'file-1', object: 'file' }));
  expect(await server.client().files.create(path, { purpose: 'fine-tune' })).toMatchObject({ id: 'file-1' });
  const { headers, body } = server.requests[0]!;
  expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  expect(body).toContain('name="purpose"\r\n\r\nfine-tune');
  expect(body).toContain('name="file"; filename="rows.jsonl"');
  expect(body).toContain('{"messages":[]}\n');
});

it('takes any name that a path may have, as text or as a URL', async () => {
  const path = join(folder, '100% wörds.jsonl');
  await writeFile(path, '{}\n');
  server.script(json(200, { id: 'file-1' }), json(200, { id: 'file-1' }));
  for (const source of [path, pathToFileURL(path)]) await server.client().files.create(source, { purpose: 'evals' });
  for (const { body } of server.requests) expect(body).toContain('filename="100% wörds.jsonl"');
});

it('uploads bytes and blobs, again in full when the first attempt fails', async () => {
  server.script(json(500, {}), json(200, { id: 'file-1' }), json(200, { id: 'file-2' }));
  const client = server.client();
  await client.files.create(new TextEncoder().encode('bytes'), { purpose: 'evals', filename: 'e.jsonl' });
  await client.files.create(new Blob(['blob']), { purpose: 'evals' });
  expect(server.requests.map(({ body }) => /filename="(.*?)"[\s\S]*?\r\n\r\n(\w+)/.exec(body)?.slice(1))).toEqual([
    ['e.jsonl', 'bytes'],
    ['e.jsonl', 'bytes'],
    ['data.jsonl', 'blob'],
  ]);
});

it('fails on a path that does not exist, before any request', async () => {
  await expect(server.client().files.create(join(folder, 'none'), { purpose: 'evals' })).rejects.toThrow();
  expect(server.requests).toHaveLength(0);
});

it('downloads content and deletes', async () => {
  server.script((_request, response) => response.writeHead(200).end('raw'), json(200, { id: 'file-1', deleted: true }));
  const client = server.client();
  expect(await (await client.files.content('file-1')).text()).toBe('raw');
  expect(await client.files.delete('file-1')).toMatchObject({ deleted: true });
  expect(server.requests[1]).toMatchObject({ method: 'DELETE', url: '/v1/files/file-1', body: '' });
});
