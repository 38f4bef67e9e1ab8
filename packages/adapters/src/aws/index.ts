/** The platform on AWS. The only place that imports the AWS SDK. */
export type { AwsConnection } from './connection.js';
export { EcsRunnerFleet } from './ecs-runner-fleet.js';
export type { EcsFleetOptions } from './ecs-runner-fleet.js';
export { S3DirectUploads } from './s3-direct-uploads.js';
export { S3ObjectStore } from './s3-object-store.js';
export type { S3StoreOptions } from './s3-object-store.js';
export { SqsWorkQueue } from './sqs-work-queue.js';
export type { SqsQueueOptions } from './sqs-work-queue.js';
