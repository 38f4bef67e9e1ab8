/**
 * What each part may do, as concrete actions on concrete resources: no service wildcard, no resource `*`.
 * Reading and writing is not split by key prefix, since one request may touch a data set, a job and a model.
 */
import { storage } from './settings.js';
import { bucket } from './storage.js';

interface Permission {
  actions: string[];
  resources: $util.Output<string>[];
}

/**
 * Read, list and write objects, without deleting. A conditional write needs `s3:GetObject` as well as `s3:PutObject`;
 * without `s3:ListBucket` (which S3 authorises on the bucket itself) a missing object answers 403 instead of 404. Whoever lists
 * unfinished uploads and their parts can go on with one that was cut off.
 */
export const writeStore: Permission[] = [
  { actions: ['s3:ListBucket', 's3:ListBucketMultipartUploads'], resources: [bucket.arn] },
  {
    actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    resources: [$interpolate`${bucket.arn}/*`],
  },
];

/** For what serves users, who may delete their files and models, and for the sweeper, which deletes orphans. */
export const deleteObjects: Permission = {
  actions: ['s3:DeleteObject'],
  resources: [$interpolate`${bucket.arn}/*`],
};

/** For everything else: pointers to ended work may go, work itself may not. */
export const deletePointers: Permission = {
  actions: ['s3:DeleteObject'],
  resources: [$interpolate`${bucket.arn}/${storage.indexPrefix}*`],
};

/** For the guard of the budget: the one document that says so. Whoever may not list is told 403 of one that is not there. */
export const writeHold: Permission[] = [
  { actions: ['s3:ListBucket'], resources: [bucket.arn] },
  {
    actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    resources: [$interpolate`${bucket.arn}/${storage.holdKey}`],
  },
];

export const ring = (...queues: sst.aws.Queue[]): Permission => ({
  actions: ['sqs:SendMessage'],
  resources: queues.map((queue) => queue.arn),
});

export const answer = (queue: sst.aws.Queue): Permission => ({
  actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
  resources: [queue.arn],
});
