/** The AWS adapters against real wire servers. These keep their own time, so waits here are real and short. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, test } from 'vitest';
import { objectStoreConformance, workQueueConformance } from '@preheat/ports/conformance';
import type { QueueHarness, TestMessage } from '@preheat/ports/conformance';
import { systemClock } from '../system/system-clock.js';
import { S3ObjectStore } from './s3-object-store.js';
import { SqsWorkQueue } from './sqs-work-queue.js';
import { startFauxqs, startMoto, WIRE_ACCESS } from './wire-servers/index.js';
import type { WireServer } from './wire-servers/index.js';

const moto = await startMoto();
const fauxqs = await startFauxqs();
afterAll(async () => {
  await moto?.stop();
  await fauxqs.stop();
});

if (moto === undefined) {
  describe('S3 and SQS on moto_server', () => {
    test.skip("needs moto_server on the PATH or in PREHEAT_MOTO_SERVER: pip install 'moto[server]'");
  });
} else {
  const openStore = async () => {
    const connection = { ...WIRE_ACCESS, endpoint: moto.endpoint };
    const admin = new S3Client({ ...connection, forcePathStyle: true });
    await admin.send(new CreateBucketCommand({ Bucket: 'conformance' }));
    admin.destroy();
    const store = new S3ObjectStore({ ...connection, bucket: 'conformance' });
    return { store, close: async () => store.close() };
  };
  // moto looks at a condition and then writes, in threads and without a lock.
  objectStoreConformance('S3 on moto_server', openStore, { raceRetries: 3 });
  workQueueConformance('SQS on moto_server', () => openQueue(moto), {
    staleReceiptsAreInert: false,
    receivesAreExclusive: false,
  });
}

workQueueConformance('SQS on fauxqs', () => openQueue(fauxqs), {
  staleReceiptsAreInert: true,
  receivesAreExclusive: true,
});

let queueCount = 0;

async function openQueue(server: WireServer): Promise<QueueHarness> {
  const connection = { ...WIRE_ACCESS, endpoint: server.endpoint };
  const admin = new SQSClient(connection);
  const { QueueUrl = '' } = await admin.send(new CreateQueueCommand({ QueueName: `conformance-${queueCount++}` }));
  admin.destroy();
  const queue = new SqsWorkQueue<TestMessage>({ ...connection, queueUrl: QueueUrl });
  return {
    queue,
    advance: (ms) => systemClock.sleep(ms),
    nowMs: () => systemClock.nowMs(),
    close: async () => queue.close(),
  };
}
