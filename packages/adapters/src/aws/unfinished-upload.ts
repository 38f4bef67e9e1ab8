/** What an upload that was cut off has left of an object: parts that a retry need not send again. */
import { createHash } from 'node:crypto';
import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import type { Part, S3Client } from '@aws-sdk/client-s3';

export interface UploadTarget {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
}

export interface UnfinishedUpload {
  readonly id: string | undefined;
  /**
   * The ETag of the stored part, if it has these bytes. An ETag is the MD5 of the part, unless the bucket encrypts by a key of
   * KMS: there it never matches, and every part is sent again.
   */
  has(partNumber: number, bytes: Uint8Array): string | undefined;
}

/** Pages of parts: 10,000 parts by 1,000. */
const PAGES_MAX = 16;

/** The newest upload of the key that was neither completed nor aborted. */
export async function findUnfinished(target: UploadTarget): Promise<UnfinishedUpload | undefined> {
  const { client, bucket, key } = target;
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }));
  const startedMs = ({ Initiated }: (typeof Uploads)[number]): number => Initiated?.getTime() ?? 0;
  const [newest] = Uploads.filter(({ Key }) => Key === key).sort((a, b) => startedMs(b) - startedMs(a));
  if (newest?.UploadId === undefined) return undefined;
  const parts = await listParts(target, newest.UploadId);
  return {
    id: newest.UploadId,
    has(partNumber, bytes) {
      const part = parts.get(partNumber);
      if (part?.Size !== bytes.byteLength) return undefined;
      return part.ETag?.replaceAll('"', '') === md5Hex(bytes) ? part.ETag : undefined;
    },
  };
}

const md5Hex = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

async function listParts({ client, bucket, key }: UploadTarget, uploadId: string): Promise<ReadonlyMap<number, Part>> {
  const found = new Map<number, Part>();
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const marker = after === undefined ? {} : { PartNumberMarker: after };
    const command = new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, ...marker });
    const { Parts = [], IsTruncated, NextPartNumberMarker } = await client.send(command);
    for (const part of Parts) if (part.PartNumber !== undefined) found.set(part.PartNumber, part);
    if (!IsTruncated) break;
    after = NextPartNumberMarker;
  }
  return found;
}
