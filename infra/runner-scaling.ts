/**
 * Scaling from zero and back: as many runners as messages that wait or are being worked on, up to the ceiling.
 *
 * Step scaling to an exact count, not target tracking: target tracking multiplies the current count by metric / target,
 * which assumes that more runners lower the metric. Messages in flight do not fall when a runner is added, so it would
 * overshoot to the ceiling.
 */
import { workQueue } from './queue.js';
import { runner as settings } from './settings.js';

const PERIOD_SECONDS = 60;

export function scaleWithQueue(clusterName: $util.Output<string>, serviceName: $util.Output<string>): void {
  const target = new aws.appautoscaling.Target('RunnerScaling', {
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: $interpolate`service/${clusterName}/${serviceName}`,
    minCapacity: 0,
    maxCapacity: settings.maxRunners,
  });
  const exactCount = (name: string, stepAdjustments: Step[]) =>
    new aws.appautoscaling.Policy(name, {
      policyType: 'StepScaling',
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      stepScalingPolicyConfiguration: {
        adjustmentType: 'ExactCapacity',
        metricAggregationType: 'Maximum',
        cooldown: PERIOD_SECONDS,
        stepAdjustments,
      },
    });
  alarmOnWork(exactCount('RunnerFollowQueue', followSteps(settings.maxRunners)).arn);
  alarmOnIdleness(exactCount('RunnerRest', [{ metricIntervalUpperBound: '0', scalingAdjustment: 0 }]).arn);
}

function alarmOnWork(action: $util.Output<string>): void {
  new aws.cloudwatch.MetricAlarm('RunnerWorkWaiting', {
    alarmDescription: 'Work is queued or running: match the number of runners to it.',
    comparisonOperator: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    evaluationPeriods: 1,
    metricQueries: outstandingWork(),
    treatMissingData: 'notBreaching',
    alarmActions: [action],
  });
}

function alarmOnIdleness(action: $util.Output<string>): void {
  new aws.cloudwatch.MetricAlarm('RunnerIdle', {
    alarmDescription: `No work for ${settings.warmMinutes} minutes: let the last runner go.`,
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    evaluationPeriods: settings.warmMinutes,
    metricQueries: outstandingWork(),
    // SQS stops reporting on a queue that has been idle for hours; by then this alarm has fired.
    treatMissingData: 'ignore',
    alarmActions: [action],
  });
}

interface Step {
  /** Bounds count from the alarm's threshold; absent means unbounded. */
  metricIntervalLowerBound?: string;
  metricIntervalUpperBound?: string;
  scalingAdjustment: number;
}

/** With the threshold at 1: [1,2) → 1 runner, [2,3) → 2, …, [max,∞) → max. */
function followSteps(maxRunners: number): Step[] {
  return Array.from({ length: maxRunners }, (_, step) => ({
    metricIntervalLowerBound: String(step),
    ...(step < maxRunners - 1 ? { metricIntervalUpperBound: String(step + 1) } : {}),
    scalingAdjustment: step + 1,
  }));
}

/** Waiting plus in flight: a job that is being worked on keeps its runner. */
function outstandingWork() {
  const count = (id: string, metricName: string) => ({
    id,
    metric: {
      namespace: 'AWS/SQS',
      metricName,
      dimensions: { QueueName: workQueue.nodes.queue.name },
      period: PERIOD_SECONDS,
      stat: 'Maximum',
    },
  });
  return [
    count('waiting', 'ApproximateNumberOfMessagesVisible'),
    count('running', 'ApproximateNumberOfMessagesNotVisible'),
    { id: 'outstanding', expression: 'waiting + running', label: 'Outstanding work', returnData: true },
  ];
}
