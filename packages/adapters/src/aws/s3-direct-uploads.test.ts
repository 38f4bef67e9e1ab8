import { createHash, createHmac } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../system/system-clock.js';
import { S3DirectUploads } from './s3-direct-uploads.js';
import { S3ObjectStore, type S3StoreOptions } from './s3-object-store.js';
import { startMoto, WIRE_ACCESS } from './wire-servers/index.js';

const moto = await startMoto();
afterAll(() => moto?.stop());

const KEY = 'uploads/upload_1/parts/part_1';
const CONTENT = new TextEncoder().encode('what was announced');
const ANNOUNCED = {
  key: KEY,
  bytes: CONTENT.byteLength,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
  lifetimeMs: 900_000,
};
const START_MS = Date.UTC(2030, 0, 2, 3, 4, 5);

/**
 * What S3 would compare the signature with, from what arrives alone (AWS, "Signature Calculations for the Authorization Header:
 * Using Query Parameters", Signature Version 4). The wire server compares nothing.
 */
function expectedSignature(url: URL, headers: Readonly<Record<string, string>>, secret: string): string {
  const all = new Map(url.searchParams);
  const names = (all.get('X-Amz-SignedHeaders') ?? '').split(';');
  const escaped = (text: string) => encodeURIComponent(text);
  const query = [...all]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join('&');
  const canonical = [
    'PUT',
    url.pathname,
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const [, day = '', region = '', service = '', end = ''] = (all.get('X-Amz-Credential') ?? '').split('/');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const scope = [day, region, service, end].join('/');
  const text = ['AWS4-HMAC-SHA256', all.get('X-Amz-Date'), scope, hash].join('\n');
  const key = [day, region, service, end].reduce<string | Buffer>(
    (from, part) => createHmac('sha256', from).update(part).digest(),
    `AWS4${secret}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

describe('a grant to put an object into a bucket', () => {
  test('is a URL signed for this key, these bytes, a new object and a short time', async () => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'to/ken+=' };
    const uploads = new S3DirectUploads({ region: 'eu-west-1', credentials, bucket: 'store' });
    const { url: text, headers, expiresAtMs } = await uploads.grantPut({ ...ANNOUNCED, nowMs: START_MS });
    uploads.close();
    const url = new URL(text);
    expect([url.origin, url.pathname]).toEqual(['https://store.s3.eu-west-1.amazonaws.com', `/${KEY}`]);
    expect(expiresAtMs).toBe(START_MS + 900_000);
    const query = Object.fromEntries(url.searchParams);
    expect(query).toMatchObject({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20300102/eu-west-1/s3/aws4_request',
      'X-Amz-Date': '20300102T030405Z',
      'X-Amz-Expires': '900',
      'X-Amz-Security-Token': 'to/ken+=',
      'X-Amz-SignedHeaders': 'content-length;host;if-none-match;x-amz-checksum-sha256',
    });
    expect(Buffer.from(headers['x-amz-checksum-sha256'] ?? '', 'base64').toString('hex')).toBe(ANNOUNCED.sha256);
    expect(headers['if-none-match']).toBe('*');
    const sent = { ...headers, host: url.host, 'content-length': String(CONTENT.byteLength) };
    expect(query['X-Amz-Signature']).toBe(expectedSignature(url, sent, 'secret'));
    expect(query['X-Amz-Signature']).not.toBe(expectedSignature(url, { ...sent, 'content-length': '1' }, 'secret'));
  });

  test.each<[options: Omit<S3StoreOptions, 'credentials'>, start: string]>([
    [{ region: 'cn-north-1', bucket: 'store' }, 'https://store.s3.cn-north-1.amazonaws.com.cn/'],
    [{ region: 'us-east-1', bucket: 'a.store' }, 'https://s3.us-east-1.amazonaws.com/a.store/'],
    [{ region: 'us-east-1', bucket: 'store', endpoint: 'http://127.0.0.1:9000/' }, 'http://127.0.0.1:9000/store/'],
  ])('names the bucket where it is: %j', async (options, start) => {
    const uploads = new S3DirectUploads({ ...options, credentials: WIRE_ACCESS.credentials });
    expect((await uploads.grantPut({ ...ANNOUNCED, nowMs: START_MS })).url.startsWith(`${start}${KEY}?`)).toBe(true);
    uploads.close();
  });

  test.skipIf(moto === undefined)('is taken by the bucket once: the object is there, and stays as it is', async () => {
    const connection = { ...WIRE_ACCESS, endpoint: moto?.endpoint ?? '', bucket: 'direct' };
    const admin = new S3Client({ ...connection, forcePathStyle: true });
    await admin.send(new CreateBucketCommand({ Bucket: connection.bucket }));
    admin.destroy();
    const uploads = new S3DirectUploads(connection);
    const { url, headers } = await uploads.grantPut({ ...ANNOUNCED, nowMs: systemClock.nowMs() });
    const put = (body: Uint8Array<ArrayBuffer>) => fetch(url, { method: 'PUT', headers: { ...headers }, body });
    expect((await put(CONTENT)).status).toBe(200);
    expect((await put(new TextEncoder().encode('something else'))).status).toBe(412);
    const store = new S3ObjectStore(connection);
    expect(new TextDecoder().decode((await store.get(KEY))?.body)).toBe('what was announced');
    store.close();
    uploads.close();
  });
});
