/**
 * How runners reach AWS from inside of their network, and all that they may do there, whoever's credentials they hold: what came into a
 * runner can carry nothing into a bucket or a queue that is not ours. The store's endpoint is a gateway, which is free; a private
 * network has one for each other service, by the hour.
 */
import { egressOnly, isPrivate, vpc } from './network.js';
import { answer, deletePointers, ring, writeStore } from './permissions.js';
import { evaluationQueue, workQueue } from './queue.js';
import { images, runnerLogs } from './runner-task.js';

const { region } = aws.getRegionOutput();
const { accountId } = aws.getCallerIdentityOutput();

const serviceName = (name: string) => $interpolate`com.amazonaws.${region}.${name}`;

/** An endpoint grants nothing by itself: the caller's own role must allow it too. */
const allowing = (...permissions: aws.types.input.iam.GetPolicyDocumentStatementArgs[]) => {
  const principals = [{ type: '*', identifiers: ['*'] }];
  return aws.iam.getPolicyDocumentOutput({ statements: permissions.map((one) => ({ ...one, principals })) }).json;
};

/** ECR answers with addresses in a bucket of AWS's own, of this name in every region. */
const imageLayers = {
  actions: ['s3:GetObject'],
  resources: [$interpolate`arn:aws:s3:::prod-${region}-starport-layer-bucket/*`],
};

new aws.ec2.VpcEndpoint('StoreEndpoint', {
  vpcId: vpc.id,
  serviceName: serviceName('s3'),
  vpcEndpointType: 'Gateway',
  routeTableIds: $resolve([vpc.nodes.publicRouteTables, vpc.nodes.privateRouteTables]).apply(([open, closed]) =>
    [...open, ...closed].map(({ id }) => id),
  ),
  policy: allowing(...writeStore, deletePointers, imageLayers),
});

/** One image repository; a token is of the whole registry. */
const pullImages = allowing(
  { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
  {
    actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    resources: [images.arn],
  },
);

/**
 * What ECS's own agent calls is its own business, and another version of it comes with every machine image: anything of ECS, by principals of
 * this account, whose roles say what they may.
 */
const ownPrincipals = allowing({
  actions: ['ecs:*'],
  resources: ['*'],
  conditions: [{ test: 'StringEquals', variable: 'aws:PrincipalAccount', values: [accountId] }],
});

/** All that a machine without a way out needs: joining its cluster, pulling the image, logging, and the queues. */
const POLICIES = {
  ecs: ownPrincipals,
  'ecs-agent': ownPrincipals,
  'ecs-telemetry': ownPrincipals,
  'ecr.api': pullImages,
  'ecr.dkr': pullImages,
  logs: allowing({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [$interpolate`${runnerLogs.arn}:*`],
  }),
  sqs: allowing(answer(workQueue), ring(workQueue, evaluationQueue)),
};

if (isPrivate) {
  const fromRunners = new aws.ec2.SecurityGroup('EndpointSecurityGroup', {
    vpcId: vpc.id,
    description: 'Endpoints of AWS: from runners, over TLS',
    ingress: [{ fromPort: 443, toPort: 443, protocol: 'tcp', securityGroups: [egressOnly.id] }],
    egress: [],
  });
  for (const [name, policy] of Object.entries(POLICIES)) {
    new aws.ec2.VpcEndpoint(`Endpoint-${name.replace('.', '-')}`, {
      vpcId: vpc.id,
      serviceName: serviceName(name),
      vpcEndpointType: 'Interface',
      privateDnsEnabled: true,
      subnetIds: vpc.privateSubnets,
      securityGroupIds: [fromRunners.id],
      policy,
    });
  }
}
