/**
 * The GPU runner service: zero runners while nothing is queued. The sweeper owns the count, hence the ignored change. ECS stops no task
 * that protects itself from scale-in, which runners do while they work and while they find that staying warm pays.
 */
import { attachment, capacity, cluster } from './runner-capacity.js';
import { images, task } from './runner-task.js';
import { isDisposable } from './stage.js';

export { images };

export const service = new aws.ecs.Service(
  'RunnerService',
  {
    cluster: cluster.arn,
    taskDefinition: task.arn,
    desiredCount: 0,
    capacityProviderStrategies: [{ capacityProvider: capacity.name, weight: 1 }],
    // A new version may only start where an old one stopped: there is no spare GPU.
    deploymentMinimumHealthyPercent: 0,
    deploymentMaximumPercent: 100,
    // Protected tasks would keep the service, and so the removal of all; they checkpoint when they are stopped.
    forceDelete: isDisposable,
  },
  { ignoreChanges: ['desiredCount'], dependsOn: [attachment] },
);

const { region } = aws.getRegionOutput();
const { accountId } = aws.getCallerIdentityOutput();

/** As the sweeper names it. */
export const serviceName = $interpolate`${cluster.name}/${service.name}`;
export const serviceArn = $interpolate`arn:aws:ecs:${region}:${accountId}:service/${serviceName}`;
