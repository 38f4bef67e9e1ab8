/** No name that a caller chooses leads out of the store: not in a path, a query, a header, a form or a body. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { jsonl, SFT_ROWS } from '../../functions/src/test-kit/rows.js';
import { operationsOf, readDocument } from '../fuzz/operations.js';
import { errorOf, idOf, type Target } from './target.js';

/** Lies beside the store's directory. */
const SECRET_FILE = 'secret.json';
const SECRET = '{"id":"what lies outside of the store"}';
const OPERATIONS = operationsOf(readDocument());
const WAYS_OUT = [
  '..',
  `..%2F..%2F${SECRET_FILE}`,
  `%2e%2e%2f%2e%2e%2f${SECRET_FILE}`,
  `..%5c..%5c${SECRET_FILE}`,
  `%252e%252e%252f${SECRET_FILE}`,
  `..%00${SECRET_FILE}`,
  `%2Fetc%2Fpasswd`,
  `....%2F%2F${SECRET_FILE}`,
  `x%2F..%2F..%2F..%2F${SECRET_FILE}`,
];

export function pathTraversal(target: () => Target): void {
  describe('a way out of the store', () => {
    beforeAll(() => writeFile(join(target().folder, SECRET_FILE), SECRET));

    const withIds = OPERATIONS.filter(({ path }) => path.includes('{'));
    it.each(withIds)('in the path is no id: $method $path', async ({ method, path }) => {
      for (const way of WAYS_OUT) {
        const answer = await target().send(method, path.replace(/\{[^}]+\}/g, way));
        expect([way, answer.status >= 400 && answer.status < 500, answer.text]).toEqual([
          way,
          true,
          expect.not.stringContaining('outside of the store'),
        ]);
      }
    });

    const lists = OPERATIONS.filter(({ method, query }) => method === 'GET' && query.length > 0);
    it.each(lists)('in the query is nothing to start after: $path', async ({ path, query }) => {
      for (const { name } of query) {
        for (const way of WAYS_OUT) {
          const url = `${path.replace(/\{[^}]+\}/g, 'x')}?${name}=${way}`;
          const { status, text } = await target().send('GET', url);
          expect([url, status < 500, text]).toEqual([url, true, expect.not.stringContaining('outside of the store')]);
        }
      }
    });

    it('in the name of a file is left out of it', async () => {
      for (const way of ['../../../../up.txt', '..\\..\\up.txt', '/etc/up.txt']) {
        const id = idOf(await target().upload('content', way, 'user_data'));
        expect(JSON.parse((await target().send('GET', `/v1/files/${id}`)).text)).toMatchObject({ filename: 'up.txt' });
        expect((await target().send('GET', `/v1/files/${id}/content`)).text).toBe('content');
      }
    });

    it('in a body is refused with the field, or is only a text', async () => {
      const way = `../../${SECRET_FILE}`;
      const training_file = idOf(await target().upload(jsonl(SFT_ROWS)));
      const refused: [string, object, string][] = [
        ['/v1/fine_tuning/jobs', { model: 'preheat-1m', training_file: way }, 'training_file'],
        ['/v1/fine_tuning/jobs', { model: way, training_file }, 'model'],
        ['/v1/fine_tuning/jobs', { model: 'preheat-1m', training_file, suffix: way }, 'suffix'],
        ['/v1/x/preflight', { model: 'preheat-1m', training_file: way }, 'training_file'],
        ['/v1/x/exports', { model: way, format: 'hf' }, 'model'],
        ['/v1/x/models', { name: 'm', files: [{ path: way, bytes: 1, parts: [training_file] }] }, 'files.0.path'],
        ['/v1/x/models', { name: way, files: [{ path: 'a', bytes: 1, parts: [training_file] }] }, 'name'],
        ['/v1/chat/completions', { model: way, messages: [{ role: 'user', content: 'cat' }] }, 'model'],
      ];
      for (const [path, json, param] of refused) {
        const answer = await target().send('POST', path, { json });
        expect([path, answer.status]).toEqual([
          path,
          expect.toSatisfy((status: number) => [400, 404].includes(status)),
        ]);
        expect([path, errorOf(answer)['param']]).toEqual([path, param]);
      }
      const upload = { bytes: 7, filename: way, mime_type: 'text/plain', purpose: 'user_data' };
      idOf(await target().send('POST', '/v1/uploads', { json: upload }));
    });

    it('in a header is only a text', async () => {
      const training_file = idOf(await target().upload(jsonl(SFT_ROWS)));
      const headers = { 'idempotency-key': `../../../${SECRET_FILE}`, 'x-request-id': '../../up' };
      idOf(
        await target().send('POST', '/v1/fine_tuning/jobs', { json: { model: 'preheat-1m', training_file }, headers }),
      );
    });

    it('was not found by any of them', async () => {
      expect((await readdir(target().folder)).sort()).toEqual(['data', SECRET_FILE]);
      expect(await readFile(join(target().folder, SECRET_FILE), 'utf8')).toBe(SECRET);
    });
  });
}
