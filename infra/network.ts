/**
 * Where runners are: never reachable from outside, and without a NAT gateway, which would bill by the hour and by the gigabyte
 * of every checkpoint. How they reach AWS: endpoints.ts.
 */
import { runner as settings } from './settings.js';

export const vpc = new sst.aws.Vpc('Network');

export const isPrivate = settings.network === 'private';
export const runnerSubnets = isPrivate ? vpc.privateSubnets : vpc.publicSubnets;

/** Runners call out (S3, SQS, ECR) and are never called. */
export const egressOnly = new aws.ec2.SecurityGroup('RunnerSecurityGroup', {
  vpcId: vpc.id,
  description: 'GPU runners: outgoing traffic only',
  ingress: [],
  egress: [{ fromPort: 0, toPort: 0, protocol: '-1', cidrBlocks: ['0.0.0.0/0'] }],
});
