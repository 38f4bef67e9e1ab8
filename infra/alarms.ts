/**
 * What a person is told about. The platform heals itself from lost messages and dead runners, so what alarms is what healing
 * does not reach: poison messages, functions that fail, a sweeper that does not run, work for which no runner comes or may come.
 */
import { alarmTopic } from './alarm-topic.js';
import { api, inference } from './api.js';
import { budgetGuard } from './budget-guard.js';
import { evaluation } from './evaluation.js';
import { evaluationDeadLetters, evaluationQueue, workDeadLetters } from './queue.js';
import { runnerErrors } from './runner-task.js';
import { alarms as settings } from './settings.js';
import { capacityHeld, sweeper, workUntaken } from './sweeper.js';

type Metric = Pick<
  aws.cloudwatch.MetricAlarmArgs,
  'namespace' | 'metricName' | 'dimensions' | 'statistic' | 'extendedStatistic'
>;

interface Rule {
  readonly description: string;
  readonly metric: Metric;
  readonly atLeast: number;
  readonly minutes: number;
  /** Silence is the failure. */
  readonly isBelow?: boolean;
}

function alarm(name: string, { description, metric, atLeast, minutes, isBelow = false }: Rule): void {
  new aws.cloudwatch.MetricAlarm(name, {
    ...metric,
    alarmDescription: description,
    comparisonOperator: isBelow ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
    threshold: atLeast,
    period: 60 * minutes,
    evaluationPeriods: 1,
    treatMissingData: isBelow ? 'breaching' : 'notBreaching',
    alarmActions: [alarmTopic.arn],
    okActions: [alarmTopic.arn],
  });
}

const ofFunction = (name: $util.Input<string>, metricName: string): Metric => ({
  namespace: 'AWS/Lambda',
  metricName,
  dimensions: { FunctionName: name },
  statistic: 'Sum',
});
const ofQueue = (queue: sst.aws.Queue, metricName: string): Metric => ({
  namespace: 'AWS/SQS',
  metricName,
  dimensions: { QueueName: queue.nodes.queue.name },
  statistic: 'Maximum',
});

for (const [name, queue] of Object.entries({ Work: workDeadLetters, Evaluation: evaluationDeadLetters })) {
  alarm(`${name}DeadLettersAlarm`, {
    description: 'A message was given up after too many receives: read it in the dead-letter queue.',
    metric: ofQueue(queue, 'ApproximateNumberOfMessagesVisible'),
    ...{ atLeast: 1, minutes: 5 },
  });
}

const SECONDS_PER_MINUTE = 60;

alarm('EvaluationWaits', {
  description: 'Evaluation runs wait for long: more are asked for than run at a time, or their function is not called.',
  metric: ofQueue(evaluationQueue, 'ApproximateAgeOfOldestMessage'),
  ...{ atLeast: settings.evaluationWaitMinutes * SECONDS_PER_MINUTE, minutes: 5 },
});

/** Names of the functions, as metrics know them. */
export const functionNames = {
  Api: api.name,
  Inference: inference.name,
  Evaluation: evaluation.nodes.function.name,
  Sweeper: sweeper.nodes.function.name,
};
for (const [name, functionName] of Object.entries(functionNames)) {
  alarm(`${name}Errors`, {
    description: `The ${name} function failed or ran out of time.`,
    metric: ofFunction(functionName, 'Errors'),
    ...{ atLeast: settings.functionErrors, minutes: 5 },
  });
  alarm(`${name}Throttles`, {
    description: `Calls of the ${name} function were refused: the account's concurrency is used up.`,
    metric: ofFunction(functionName, 'Throttles'),
    ...{ atLeast: settings.functionErrors, minutes: 5 },
  });
}
for (const name of ['Api', 'Inference'] as const) {
  alarm(`${name}ServerErrors`, {
    description: `The ${name} function answered with 5xx.`,
    metric: ofFunction(functionNames[name], 'Url5xxCount'),
    ...{ atLeast: settings.serverErrors, minutes: 5 },
  });
}

alarm('SweeperSilent', {
  description: 'The sweeper did not run: lost messages and dead runners are not noticed any more.',
  metric: ofFunction(functionNames.Sweeper, 'Invocations'),
  ...{ atLeast: 1, minutes: settings.sweeperSilentMinutes, isBelow: true },
});

alarm('WorkUntaken', {
  description:
    'Work waits and no runner comes: no machine can be had (capacity, quota), the image does not start, or ECS refuses.',
  metric: { ...workUntaken, statistic: 'Sum' },
  ...{ atLeast: settings.workUntakenMinutes - settings.workUntakenMissing, minutes: settings.workUntakenMinutes },
});

alarm('CapacityHeld', {
  description:
    'No job and no runner is started: the budget is spent, or an operator said so. OK once that is over or lifted.',
  metric: { ...capacityHeld, statistic: 'Sum' },
  ...{ atLeast: 1, minutes: 5 },
});

if (budgetGuard) {
  alarm('BudgetGuardErrors', {
    description: 'The budget is spent, and capacity could not be held: `npm run operator -- capacity hold`.',
    metric: ofFunction(budgetGuard.functionName, 'Errors'),
    ...{ atLeast: 1, minutes: 5 },
  });
}

alarm('RunnerErrors', {
  description: 'Runners logged errors: look into their log.',
  metric: { ...runnerErrors, statistic: 'Sum' },
  ...{ atLeast: settings.runnerErrors, minutes: 5 },
});
