/**
 * Scaling from zero and back. A message that still waits after a minute found no idle runner, so one is added for each.
 * When nothing has waited or been in flight for a while, the count goes back to zero; ECS then stops idle runners only,
 * because one that works, or finds that staying warm still pays, protects its task from scale-in.
 *
 * Not target tracking: it multiplies the current count by metric / target, which assumes that more runners lower the
 * metric at once, and it cannot multiply zero.
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
  const policy = (name: string, stepScalingPolicyConfiguration: StepScaling) =>
    new aws.appautoscaling.Policy(name, {
      policyType: 'StepScaling',
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      stepScalingPolicyConfiguration,
    });
  alarmOnWaitingWork(policy('RunnerAdd', addOneForEachWaiting()).arn);
  alarmOnIdleness(policy('RunnerRest', backToZero()).arn);
}

type StepScaling = aws.types.input.appautoscaling.PolicyStepScalingPolicyConfiguration;

/** Bounds count from the alarm's threshold of 1: [1,2) waiting → 1 more runner, [2,3) → 2 more, …, [max,∞) → max. */
function addOneForEachWaiting(): StepScaling {
  return {
    adjustmentType: 'ChangeInCapacity',
    metricAggregationType: 'Maximum',
    // During the cooldown AWS adds only what exceeds the previous addition: a slow start is not answered twice.
    cooldown: settings.coldStartMinutes * 60,
    stepAdjustments: Array.from({ length: settings.maxRunners }, (_, step) => ({
      metricIntervalLowerBound: String(step),
      ...(step < settings.maxRunners - 1 ? { metricIntervalUpperBound: String(step + 1) } : {}),
      scalingAdjustment: step + 1,
    })),
  };
}

function backToZero(): StepScaling {
  return {
    adjustmentType: 'ExactCapacity',
    metricAggregationType: 'Maximum',
    cooldown: PERIOD_SECONDS,
    stepAdjustments: [{ metricIntervalUpperBound: '0', scalingAdjustment: 0 }],
  };
}

function alarmOnWaitingWork(action: $util.Output<string>): void {
  new aws.cloudwatch.MetricAlarm('RunnerWorkWaiting', {
    alarmDescription: 'Jobs wait and no runner takes them: add runners.',
    comparisonOperator: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    evaluationPeriods: 1,
    metricQueries: [{ ...messages('waiting', 'ApproximateNumberOfMessagesVisible'), returnData: true }],
    treatMissingData: 'notBreaching',
    alarmActions: [action],
  });
}

function alarmOnIdleness(action: $util.Output<string>): void {
  new aws.cloudwatch.MetricAlarm('RunnerIdle', {
    alarmDescription: `No message waited or was in flight for ${settings.warmMinutes} minutes: let idle runners go.`,
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    evaluationPeriods: settings.warmMinutes,
    metricQueries: [
      messages('waiting', 'ApproximateNumberOfMessagesVisible'),
      messages('inFlight', 'ApproximateNumberOfMessagesNotVisible'),
      { id: 'outstanding', expression: 'waiting + inFlight', label: 'Outstanding messages', returnData: true },
    ],
    // SQS stops reporting on a queue that has been idle for hours; by then this alarm has fired.
    treatMissingData: 'ignore',
    alarmActions: [action],
  });
}

function messages(id: string, metricName: string) {
  const dimensions = { QueueName: workQueue.nodes.queue.name };
  return { id, metric: { namespace: 'AWS/SQS', metricName, dimensions, period: PERIOD_SECONDS, stat: 'Maximum' } };
}
