/**
 * Streams an object of unknown length to S3 in parts. Nothing is visible before the last call, which also carries
 * the condition. At most one part is in memory. Parts of an upload that failed are removed; where even that fails,
 * the bucket's lifecycle rule for incomplete uploads removes them.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import type { PutOptions, PutResult } from '@preheat/ports';
import { conditionHeaders, outcomeOfWrite } from './write-outcome.js';

/** S3 takes at most 10,000 parts of 5 MiB or more; 16 MiB allow objects of 156 GiB. */
export const PART_BYTES = 16 * 2 ** 20;
const PARTS_MAX = 10_000;

export interface UploadTarget {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
}

/** `parts`: PART_BYTES each, only the last may be shorter. */
export async function multipartUpload(
  { client, bucket, key }: UploadTarget,
  parts: AsyncIterable<Uint8Array>,
  { condition, contentType }: PutOptions,
): Promise<PutResult> {
  const object = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...object, ...(contentType === undefined ? {} : { ContentType: contentType }) }),
  );
  const upload = { ...object, UploadId };
  const abort = (): Promise<unknown> => Promise.allSettled([client.send(new AbortMultipartUploadCommand(upload))]);
  let completed: CompletedPart[];
  try {
    completed = await uploadParts(client, upload, parts);
  } catch (error) {
    await abort();
    throw error;
  }
  const complete = new CompleteMultipartUploadCommand({
    ...upload,
    ...conditionHeaders(condition),
    MultipartUpload: { Parts: completed },
  });
  const result = await outcomeOfWrite(key, condition, () => client.send(complete));
  if (!result.ok) await abort();
  return result;
}

async function uploadParts(
  client: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  parts: AsyncIterable<Uint8Array>,
): Promise<CompletedPart[]> {
  const completed: CompletedPart[] = [];
  for await (const Body of parts) {
    const PartNumber = completed.length + 1;
    if (PartNumber > PARTS_MAX) throw new RangeError(`${upload.Key} is larger than ${PARTS_MAX * PART_BYTES} bytes`);
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    completed.push({ PartNumber, ETag });
  }
  return completed;
}

/** Regroups chunks of any size into buffers of exactly `size` bytes; the last may be shorter, none is empty. */
export async function* regroup(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let part = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, size - filled);
      part.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < size) continue;
      yield part;
      part = Buffer.allocUnsafe(size);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}
