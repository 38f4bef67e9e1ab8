/**
 * GPU machines for the runners: an auto-scaling group from zero, offered to a cluster of its own as a capacity provider.
 * Plain AWS resources, because SST's cluster is Fargate only (no GPUs) and fixes the cluster's providers to Fargate's;
 * ECS refuses a service whose provider is not attached to its cluster.
 */
import { machinePurchase } from './machine-purchase.js';
import { egressOnly, isPrivate, runnerSubnets } from './network.js';
import { runner as settings } from './settings.js';

const name = `${$app.name}-${$app.stage}-runner`;

export const cluster = new aws.ecs.Cluster('RunnerCluster', { name });

const instanceRole = new aws.iam.Role('RunnerInstanceRole', {
  assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: 'ec2.amazonaws.com' }),
});
new aws.iam.RolePolicyAttachment('RunnerInstancePolicy', {
  role: instanceRole.name,
  policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
});
const instanceProfile = new aws.iam.InstanceProfile('RunnerInstanceProfile', { role: instanceRole.name });

const gpuImage = aws.ssm.getParameterOutput({
  name: '/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id',
});

const agentSettings = $interpolate`#!/bin/bash
cat >> /etc/ecs/ecs.config <<EOF
ECS_CLUSTER=${cluster.name}
ECS_ENABLE_GPU_SUPPORT=true
ECS_ENABLE_SPOT_INSTANCE_DRAINING=true
ECS_CONTAINER_STOP_TIMEOUT=${settings.stopTimeoutSeconds}s
ECS_WARM_POOLS_CHECK=${settings.warmMachines > 0}
EOF
`;

const template = new aws.ec2.LaunchTemplate('RunnerTemplate', {
  imageId: gpuImage.value,
  instanceType: settings.instanceTypes[0],
  iamInstanceProfile: { arn: instanceProfile.arn },
  networkInterfaces: [
    { associatePublicIpAddress: String(!isPrivate), securityGroups: [egressOnly.id], deleteOnTermination: 'true' },
  ],
  // One hop: the ECS agent (host network) reaches the instance's credentials, containers (bridge network) do not.
  metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
  blockDeviceMappings: [
    {
      deviceName: '/dev/xvda',
      ebs: { volumeSize: settings.diskGiB, volumeType: 'gp3', encrypted: 'true', deleteOnTermination: 'true' },
    },
  ],
  userData: agentSettings.apply((script) => Buffer.from(script).toString('base64')),
});

export const machines = new aws.autoscaling.Group(
  'RunnerMachines',
  {
    minSize: 0,
    maxSize: settings.maxRunners,
    vpcZoneIdentifiers: runnerSubnets,
    // Required by managed termination protection: ECS alone decides which machine is free to go.
    protectFromScaleIn: true,
    ...machinePurchase(settings, template.id),
    // Free, and what the dashboard shows.
    enabledMetrics: ['GroupDesiredCapacity', 'GroupInServiceInstances'],
    metricsGranularity: '1Minute',
    tags: [{ key: 'AmazonECSManaged', value: 'true', propagateAtLaunch: true }],
  },
  { ignoreChanges: ['desiredCapacity'] },
);

export const capacity = new aws.ecs.CapacityProvider('RunnerCapacity', {
  autoScalingGroupProvider: {
    autoScalingGroupArn: machines.arn,
    managedTerminationProtection: 'ENABLED',
    managedDraining: 'ENABLED',
    // 100: exactly as many machines as tasks need, so none idles.
    managedScaling: {
      status: 'ENABLED',
      targetCapacity: 100,
      minimumScalingStepSize: 1,
      // AWS refuses 0.
      maximumScalingStepSize: Math.max(1, settings.maxRunners),
    },
  },
});

export const attachment = new aws.ecs.ClusterCapacityProviders('RunnerClusterCapacity', {
  clusterName: cluster.name,
  capacityProviders: [capacity.name],
  defaultCapacityProviderStrategies: [{ capacityProvider: capacity.name, weight: 1 }],
});
