/**
 * The GPU runner service: zero runners while nothing is queued. Automatic scaling owns the count, hence the ignored
 * change; its rules are in runner-scaling.ts.
 */
import { attachment, capacity, cluster } from './runner-capacity.js';
import { scaleWithQueue } from './runner-scaling.js';
import { images, task } from './runner-task.js';

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
  },
  { ignoreChanges: ['desiredCount'], dependsOn: [attachment] },
);

scaleWithQueue(cluster.name, service.name);
