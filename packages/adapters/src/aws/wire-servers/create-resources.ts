/** Makes the bucket and the queues that the platform expects to exist, on a wire server. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type WireServer, WIRE_ACCESS } from './wire-server.js';

export interface WireResources {
  readonly bucket: string;
  readonly jobQueueUrl: string;
  readonly evaluationQueueUrl: string;
}

/** @param queues The server that holds the queues, when it is another one. */
export async function createResources(server: WireServer, queues = server): Promise<WireResources> {
  const s3 = new S3Client({ ...WIRE_ACCESS, endpoint: server.endpoint, forcePathStyle: true });
  const sqs = new SQSClient({ ...WIRE_ACCESS, endpoint: queues.endpoint });
  const queue = async (QueueName: string) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  try {
    await s3.send(new CreateBucketCommand({ Bucket: 'preheat' }));
    return { bucket: 'preheat', jobQueueUrl: await queue('jobs'), evaluationQueueUrl: await queue('evaluations') };
  } finally {
    s3.destroy();
    sqs.destroy();
  }
}
