/**
 * The bucket: ledger of all jobs, and home of data sets, checkpoints and models.
 * Not versioned: job records are rewritten at every heartbeat, and their history is in the job's event segments.
 */
import { storage } from './settings.js';
import { isDisposable } from './stage.js';

const abortAbandonedUploads = {
  id: 'abort abandoned uploads',
  status: 'Enabled',
  filter: { prefix: '' },
  abortIncompleteMultipartUpload: { daysAfterInitiation: storage.abandonedUploadDays },
};

/** Nothing to do unless somebody turns versioning on: then what was deleted or replaced is not kept, and billed, for ever. */
const expireOldVersions = {
  id: 'expire noncurrent versions',
  status: 'Enabled',
  filter: { prefix: '' },
  noncurrentVersionExpiration: { noncurrentDays: storage.noncurrentVersionDays },
};

export const bucket = new sst.aws.Bucket('Store', {
  cors: false,
  lifecycle: storage.temporary.map(({ prefix, expiresIn }) => ({ id: `expire ${prefix}`, prefix, expiresIn })),
  transform: {
    bucket: { forceDestroy: isDisposable },
    publicAccessBlock: {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    lifecycle: (args) => {
      args.rules = $output(args.rules).apply((rules) => [...(rules ?? []), abortAbandonedUploads, expireOldVersions]);
    },
  },
});

new aws.s3.BucketServerSideEncryptionConfiguration('StoreEncryption', {
  bucket: bucket.nodes.bucket.bucket,
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
});
