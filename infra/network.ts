/**
 * Where runners are: never reachable from outside, and without a NAT gateway, which would bill by the hour and by the gigabyte
 * of every checkpoint. What they exchange with the store goes through a gateway endpoint, which is free.
 */
import { runner as settings } from './settings.js';

const vpc = new sst.aws.Vpc('Network');
const { region } = aws.getRegionOutput();

export const isPrivate = settings.network === 'private';
export const runnerSubnets = isPrivate ? vpc.privateSubnets : vpc.publicSubnets;

/** Runners call out (S3, SQS, ECR) and are never called. */
export const egressOnly = new aws.ec2.SecurityGroup('RunnerSecurityGroup', {
  vpcId: vpc.id,
  description: 'GPU runners: outgoing traffic only',
  ingress: [],
  egress: [{ fromPort: 0, toPort: 0, protocol: '-1', cidrBlocks: ['0.0.0.0/0'] }],
});

const service = (name: string) => $interpolate`com.amazonaws.${region}.${name}`;

new aws.ec2.VpcEndpoint('StoreEndpoint', {
  vpcId: vpc.id,
  serviceName: service('s3'),
  vpcEndpointType: 'Gateway',
  routeTableIds: $resolve([vpc.nodes.publicRouteTables, vpc.nodes.privateRouteTables]).apply(([open, closed]) =>
    [...open, ...closed].map(({ id }) => id),
  ),
});

/** All that a machine without a way out needs: joining its cluster, pulling the image, logging, and the queue. */
const INTERFACES = ['ecs', 'ecs-agent', 'ecs-telemetry', 'ecr.api', 'ecr.dkr', 'logs', 'sqs'];

if (isPrivate) {
  const fromRunners = new aws.ec2.SecurityGroup('EndpointSecurityGroup', {
    vpcId: vpc.id,
    description: 'Endpoints of AWS: from runners, over TLS',
    ingress: [{ fromPort: 443, toPort: 443, protocol: 'tcp', securityGroups: [egressOnly.id] }],
    egress: [],
  });
  for (const name of INTERFACES) {
    new aws.ec2.VpcEndpoint(`Endpoint-${name.replace('.', '-')}`, {
      vpcId: vpc.id,
      serviceName: service(name),
      vpcEndpointType: 'Interface',
      privateDnsEnabled: true,
      subnetIds: vpc.privateSubnets,
      securityGroupIds: [fromRunners.id],
    });
  }
}
