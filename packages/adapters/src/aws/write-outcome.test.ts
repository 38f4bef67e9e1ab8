/** What each answer, and each kind of silence, means for a write: the real client against a scripted HTTP server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { UnknownOutcomeError } from '@preheat/ports';
import type { PutOptions } from '@preheat/ports';
import { S3ObjectStore } from './s3-object-store.js';
import { WIRE_ACCESS } from './wire-servers/index.js';

/** One request's fate: an S3 error, success, the connection cut after the request was read, or no answer at all. */
type Fate = { status: number; code: string } | 'ok' | 'cut' | 'silence';

const ONCE: PutOptions = { condition: { kind: 'absent' } };
const SWAP: PutOptions = { condition: { kind: 'match', etag: '"e0"' } };
const LOST: Fate = { status: 412, code: 'PreconditionFailed' };
const BUSY: Fate = { status: 500, code: 'InternalError' };
const GONE: Fate = { status: 404, code: 'NoSuchUpload' };
/** What the SDK tries of one request. */
const tries = (fate: Fate): Fate[] => [fate, fate, fate];
/** Bodies of more than this go in parts. */
const PART_BYTES = 2;
/** What there is in the answers to every request of an upload. */
const OK = '<?xml version="1.0"?><Result><UploadId>u1</UploadId><ETag>"e1"</ETag></Result>';

let server: Server;
let store: S3ObjectStore;
afterEach(() => {
  store.close();
  server.closeAllConnections();
  server.close();
});

test.each<[what: string, fates: Fate[], options: PutOptions, result: object]>([
  ['success', ['ok'], ONCE, { ok: true, etag: '"e1"' }],
  ['412', [LOST], ONCE, { ok: false, reason: 'precondition' }],
  ['409', [{ status: 409, code: 'ConditionalRequestConflict' }], SWAP, { ok: false, reason: 'conflict' }],
  ['404 for If-Match', [{ status: 404, code: 'NoSuchKey' }], SWAP, { ok: false, reason: 'precondition' }],
  ['throttling, then success', [{ status: 503, code: 'SlowDown' }, 'ok'], ONCE, { ok: true, etag: '"e1"' }],
  ['a cut connection, then success', ['cut', 'ok'], {}, { ok: true, etag: '"e1"' }],
])('%s is a known outcome', async (_, fates, options, result) => {
  await serve(fates);
  expect(await store.put('jobs/a', Buffer.from('x'), options)).toEqual(result);
});

test.each<[what: string, fates: Fate[], options: PutOptions]>([
  ['a cut connection, then 412: the first attempt may be what the second one met', ['cut', LOST], ONCE],
  ['a 500, then 412', [{ status: 500, code: 'InternalError' }, LOST], SWAP],
  ['a connection cut each time', ['cut', 'cut', 'cut'], {}],
  ['silence each time', ['silence', 'silence', 'silence'], SWAP],
])('%s leaves the outcome unknown', async (_, fates, options) => {
  await serve(fates);
  await expect(store.put('jobs/a', Buffer.from('x'), options)).rejects.toThrow(UnknownOutcomeError);
});

test.each<[what: string, fates: Fate[]]>([
  ['that cannot be begun', ['ok', ...tries(BUSY)]],
  ['whose parts are refused each time', ['ok', 'ok', ...tries(BUSY), ...tries(BUSY)]],
  ['that another writer of the object completed before its last part', ['ok', 'ok', GONE, GONE]],
  ['that another writer of the object completed', ['ok', 'ok', 'ok', 'ok', GONE]],
])('an upload in parts %s leaves the outcome unknown', async (_, fates) => {
  await serve(fates);
  await expect(store.put('jobs/a', Buffer.from('xyz'), ONCE)).rejects.toThrow(UnknownOutcomeError);
});

test('an upload in parts that is forbidden is an error, not an outcome', async () => {
  const forbidden = { status: 403, code: 'AccessDenied' };
  await serve(['ok', 'ok', forbidden, forbidden]);
  const failure = await store.put('jobs/a', Buffer.from('xyz'), ONCE).catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(UnknownOutcomeError);
  expect(String(failure)).toMatch(/AccessDenied/);
});

test.each<[what: string, fate: Fate, message: RegExp]>([
  ['403', { status: 403, code: 'AccessDenied' }, /AccessDenied/],
  ['a missing bucket', { status: 404, code: 'NoSuchBucket' }, /NoSuchBucket/],
])('%s is an error, not an outcome', async (_, fate, message) => {
  await serve([fate]);
  const failure = await store.put('jobs/a', Buffer.from('x'), SWAP).catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(UnknownOutcomeError);
  expect(String(failure)).toMatch(message);
});

test('a missing bucket is an error for reads too, never a missing object', async () => {
  await serve([{ status: 404, code: 'NoSuchBucket' }]);
  await expect(store.get('jobs/a')).rejects.toThrow(/NoSuchBucket/);
});

async function serve(fates: Fate[]): Promise<void> {
  const left = [...fates];
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const fate = left.shift();
      if (fate === 'silence') return;
      if (fate === 'cut' || fate === undefined) return void request.socket.destroy();
      if (fate === 'ok')
        return void response.writeHead(200, { etag: '"e1"', 'content-type': 'application/xml' }).end(OK);
      const xml = `<?xml version="1.0"?><Error><Code>${fate.code}</Code><Message>${fate.code}</Message></Error>`;
      response.writeHead(fate.status, { 'content-type': 'application/xml' }).end(xml);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  store = new S3ObjectStore({ ...WIRE_ACCESS, endpoint, bucket: 'b', requestTimeoutMs: 250, partBytes: PART_BYTES });
}
