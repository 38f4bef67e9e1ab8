/**
 * The sweeper: on a schedule it finds jobs and evaluation runs that nobody works on (message lost, worker gone) and
 * rings again, asks for as many runners as the backlog needs, and deletes what nothing refers to any more. It closes every hole that "a message may never come" leaves open. It takes no HTTP and knows no key of a caller.
 */
import { bundledHandler } from './bundle.js';
import { coldStartSeconds, storeEnvironment } from './environment.js';
import { functionDefaults } from './function-defaults.js';
import { deleteObjects, ring, writeStore } from './permissions.js';
import { evaluationQueue, workQueue } from './queue.js';
import { serviceArn, serviceName } from './runner.js';
import { runner, sweeper as settings } from './settings.js';

export const sweeper = new sst.aws.CronV2('Sweeper', {
  schedule: settings.schedule,
  function: {
    ...bundledHandler('functions/src/lambda/sweeper.handler'),
    ...functionDefaults,
    memory: settings.memory,
    timeout: settings.timeout,
    environment: {
      ...storeEnvironment,
      PREHEAT_RUNNER_SERVICE: serviceName,
      PREHEAT_MAX_RUNNERS: String(runner.maxRunners),
      PREHEAT_COLD_START_SECONDS: coldStartSeconds,
    },
    permissions: [
      ...writeStore,
      deleteObjects,
      ring(workQueue, evaluationQueue),
      { actions: ['ecs:DescribeServices', 'ecs:UpdateService'], resources: [serviceArn] },
    ],
  },
});

const logGroupName = $output(sweeper.nodes.function.nodes.logGroup).apply((group) => {
  if (!group) throw new Error('The sweeper has no log group of its own.');
  return group.name;
});

/**
 * A line with every sweep that wants runners while none is there, or cannot ask for them. Messages would not tell: they also grow
 * old while all runners are busy.
 */
export const workUntaken = { namespace: `${$app.name}/${$app.stage}`, metricName: 'WorkUntaken' } as const;
const TOLD_BY = ['runners are wanted, and none is there', 'the number of runners could not be adapted to the backlog'];
new aws.cloudwatch.LogMetricFilter('WorkUntakenSweeps', {
  logGroupName,
  pattern: `{ ${TOLD_BY.map((message) => `($.message = "${message}")`).join(' || ')} }`,
  metricTransformation: { namespace: workUntaken.namespace, name: workUntaken.metricName, value: '1' },
});

/** A line with every sweep while no runner may be started, whoever said so. */
export const capacityHeld = { namespace: `${$app.name}/${$app.stage}`, metricName: 'CapacityHeld' } as const;
new aws.cloudwatch.LogMetricFilter('CapacityHeldSweeps', {
  logGroupName,
  pattern: '{ $.message = "capacity is held: no runner is started" }',
  metricTransformation: { namespace: capacityHeld.namespace, name: capacityHeld.metricName, value: '1' },
});
