/** An upload whose process is killed in the middle, against a real S3 wire. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { S3ObjectStore } from './s3-object-store.js';
import { systemClock } from '../system/system-clock.js';
import { partProxy, startMoto, WIRE_ACCESS } from './wire-servers/index.js';

const PROGRAM = fileURLToPath(new URL('testing/stuck-upload.ts', import.meta.url));
/** The least that S3 takes. */
const PART_BYTES = 5 * 2 ** 20;
const BUCKET = 'resumed';
const KEY = 'imports/p/digest/model.safetensors';
const ONCE = { condition: { kind: 'absent' } } as const;

const moto = await startMoto();
afterAll(() => moto?.stop());

describe.skipIf(moto === undefined)('an upload that was killed in the middle', () => {
  const connection = { ...WIRE_ACCESS, endpoint: moto?.endpoint ?? '' };
  const admin = new S3Client({ ...connection, forcePathStyle: true });
  beforeAll(() => admin.send(new CreateBucketCommand({ Bucket: BUCKET })));
  beforeEach(() => admin.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: KEY })));
  const unfinished = async () => (await admin.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? [];

  test('is gone on with: a retry sends only the parts that are not there, and leaves nothing behind', async () => {
    await killedInTheMiddle(2);
    const [upload] = await unfinished();
    expect(upload?.Key).toBe(KEY);

    const proxy = await partProxy(connection.endpoint);
    const store = new S3ObjectStore({ ...connection, endpoint: proxy.endpoint, bucket: BUCKET, partBytes: PART_BYTES });
    const whole = new Uint8Array(3 * PART_BYTES + 5).map((_, i) => i % 251);
    expect(await store.putStream(KEY, chunks(whole), ONCE)).toMatchObject({ ok: true });
    expect(proxy.partsSent()).toEqual(['3', '4']);
    expect(Buffer.compare((await store.get(KEY))?.body ?? new Uint8Array(0), whole)).toBe(0);
    expect(await unfinished()).toEqual([]);
    store.close();
    await proxy.stop();
  });

  test('is gone on with by whoever has all its bytes in memory, as a checkpoint is published', async () => {
    await killedInTheMiddle(2);
    const proxy = await partProxy(connection.endpoint);
    const store = new S3ObjectStore({ ...connection, endpoint: proxy.endpoint, bucket: BUCKET, partBytes: PART_BYTES });
    const whole = new Uint8Array(3 * PART_BYTES + 5).map((_, i) => i % 251);
    expect(await store.put(KEY, whole, ONCE)).toMatchObject({ ok: true });
    expect(proxy.partsSent()).toEqual(['3', '4']);
    expect(Buffer.compare((await store.get(KEY))?.body ?? new Uint8Array(0), whole)).toBe(0);
    expect(await store.put(KEY, whole.fill(1), ONCE)).toEqual({ ok: false, reason: 'precondition' });
    expect(await unfinished()).toEqual([]);
    store.close();
    await proxy.stop();
  });

  async function killedInTheMiddle(parts: number): Promise<void> {
    const args = [connection.endpoint, BUCKET, KEY, String(parts * PART_BYTES + 5), String(PART_BYTES)];
    const child: ChildProcess = fork(PROGRAM, args, { execArgv: ['--conditions=source', '--import', 'tsx'] });
    const ended = once(child, 'exit');
    while ((await storedParts()) < parts) {
      if (child.exitCode !== null) throw new Error(`the upload ended with ${child.exitCode}`);
      await systemClock.sleep(50);
    }
    child.kill('SIGKILL');
    await ended;
  }

  async function storedParts(): Promise<number> {
    const [upload] = await unfinished();
    if (!upload) return 0;
    const command = new ListPartsCommand({ Bucket: BUCKET, Key: KEY, UploadId: upload.UploadId });
    return (await admin.send(command)).Parts?.length ?? 0;
  }
});

async function* chunks(whole: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += 1_000_003) yield whole.subarray(at, at + 1_000_003);
}
