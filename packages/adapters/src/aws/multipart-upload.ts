/**
 * Streams an object of unknown length to S3 in parts. Nothing is visible before the last call, which also carries the condition.
 * An object that is written once (condition `absent`) is written the same by whoever tries again, so what an attempt that failed,
 * or a process that died, had uploaded of it is gone on with. Parts that nobody comes back for are removed by the bucket's lifecycle rule for incomplete
 * uploads.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import type { PutOptions, PutResult } from '@preheat/ports';
import { findUnfinished, type UnfinishedUpload, type UploadTarget } from './unfinished-upload.js';
import { conditionHeaders, outcomeOfWrite, towardsWrite } from './write-outcome.js';

/** S3 takes at most 10,000 parts of 5 MiB or more; 16 MiB allow objects of 156 GiB. */
export const PART_BYTES = 16 * 2 ** 20;
const PARTS_MAX = 10_000;
/** Parts of one object on their way at once; each is held in memory. */
const PARTS_IN_FLIGHT = 3;

/**
 * `parts`: of one size, only the last may be shorter.
 * @throws UnknownOutcomeError also when the store is out of order before the last call; errors of `parts` pass through.
 */
export async function multipartUpload(
  target: UploadTarget,
  parts: AsyncIterable<Uint8Array>,
  { condition, contentType }: PutOptions,
): Promise<PutResult> {
  const { client, bucket, key } = target;
  const isWrittenOnce = condition?.kind === 'absent';
  const found = isWrittenOnce ? await towardsWrite(key, () => findUnfinished(target)) : undefined;
  const unfinished = found ?? (await towardsWrite(key, () => begin(target, contentType)));
  const upload = { Bucket: bucket, Key: key, UploadId: unfinished.id };
  const abort = (): Promise<unknown> => Promise.allSettled([client.send(new AbortMultipartUploadCommand(upload))]);
  let completed: CompletedPart[];
  try {
    completed = await uploadParts(client, { upload, unfinished }, parts);
  } catch (error) {
    if (!isWrittenOnce) await abort();
    throw error;
  }
  const complete = new CompleteMultipartUploadCommand({
    ...upload,
    ...conditionHeaders(condition),
    MultipartUpload: { Parts: completed },
  });
  const result = await outcomeOfWrite(key, condition, () => client.send(complete));
  if (!result.ok && (!isWrittenOnce || result.reason === 'precondition')) await abort();
  return result;
}

async function begin(
  { client, bucket, key }: UploadTarget,
  contentType: string | undefined,
): Promise<UnfinishedUpload> {
  const type = contentType === undefined ? {} : { ContentType: contentType };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...type }));
  return { id: UploadId, has: () => undefined };
}

interface PartsUpload {
  readonly upload: { Bucket: string; Key: string; UploadId: string | undefined };
  readonly unfinished: UnfinishedUpload;
}

/** After a failure no part of this call is still under way. */
async function uploadParts(
  client: S3Client,
  { upload, unfinished }: PartsUpload,
  parts: AsyncIterable<Uint8Array>,
): Promise<CompletedPart[]> {
  const completed: CompletedPart[] = [];
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const send = async (PartNumber: number, Body: Uint8Array): Promise<void> => {
    const ETag =
      unfinished.has(PartNumber, Body) ??
      (await towardsWrite(upload.Key, () => client.send(new UploadPartCommand({ ...upload, PartNumber, Body })))).ETag;
    completed[PartNumber - 1] = { PartNumber, ETag };
  };
  try {
    let count = 0;
    for await (const body of parts) {
      if (++count > PARTS_MAX) throw new RangeError(`${upload.Key} has more than ${PARTS_MAX} parts`);
      const sending: Promise<void> = send(count, body)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      if (inFlight.size >= PARTS_IN_FLIGHT) await Promise.race(inFlight);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(inFlight);
  }
  if (failures.length > 0) throw failures[0];
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
