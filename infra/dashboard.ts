/** One page with what the deployment does: calls, waiting work, machines, cold starts, and what went wrong. */
import { functionNames } from './alarms.js';
import { evaluationDeadLetters, evaluationQueue, workDeadLetters, workQueue } from './queue.js';
import { coldStartMetric } from './cold-starts.js';
import { machines } from './runner-capacity.js';

type Line = readonly (string | object)[];

const { region } = aws.getRegionOutput();
const [COLUMNS, WIDTH, HEIGHT] = [3, 8, 6];

/** Three in a row, a minute a point. */
function page(graphs: readonly { title: string; stat: string; lines: readonly Line[] }[], regionName: string): string {
  const widgets = graphs.map(({ title, stat, lines }, index) => ({
    type: 'metric',
    ...{ x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT, width: WIDTH, height: HEIGHT },
    properties: { title, stat, metrics: lines, period: 60, region: regionName, view: 'timeSeries' },
  }));
  return JSON.stringify({ widgets });
}

const queueNames = {
  work: workQueue.nodes.queue.name,
  evaluation: evaluationQueue.nodes.queue.name,
  workDeadLetters: workDeadLetters.nodes.queue.name,
  evaluationDeadLetters: evaluationDeadLetters.nodes.queue.name,
};

const body = $resolve([functionNames, queueNames, machines.name, region] as const).apply(
  ([functions, queues, group, regionName]) => {
    const ofFunctions = (metric: string): Line[] =>
      Object.entries(functions).map(([label, name]) => ['AWS/Lambda', metric, 'FunctionName', name, { label }]);
    const ofQueues = (metric: string, names: readonly (keyof typeof queueNames)[]): Line[] =>
      names.map((label) => ['AWS/SQS', metric, 'QueueName', queues[label], { label }]);
    const ofMachines = (metric: string): Line => ['AWS/AutoScaling', metric, 'AutoScalingGroupName', group];
    return page(
      [
        { title: 'Calls', stat: 'Sum', lines: ofFunctions('Invocations') },
        { title: 'Duration, p95 (ms)', stat: 'p95', lines: ofFunctions('Duration') },
        { title: 'Errors', stat: 'Sum', lines: [...ofFunctions('Errors'), ...ofFunctions('Throttles')] },
        {
          title: 'Waiting messages',
          stat: 'Maximum',
          lines: ofQueues('ApproximateNumberOfMessagesVisible', ['work', 'evaluation']),
        },
        {
          title: 'Age of the oldest message (s)',
          stat: 'Maximum',
          lines: ofQueues('ApproximateAgeOfOldestMessage', ['work', 'evaluation']),
        },
        {
          title: 'Dead letters',
          stat: 'Maximum',
          lines: ofQueues('ApproximateNumberOfMessagesVisible', ['workDeadLetters', 'evaluationDeadLetters']),
        },
        {
          title: 'Machines',
          stat: 'Maximum',
          lines: [ofMachines('GroupDesiredCapacity'), ofMachines('GroupInServiceInstances')],
        },
        {
          title: 'Cold starts of functions (ms, longest)',
          stat: 'Maximum',
          lines: Object.keys(functions).map((name) => [coldStartMetric.namespace, `${name}${coldStartMetric.name}`]),
        },
        {
          title: 'First step of a job (ms, longest)',
          stat: 'Maximum',
          lines: [[coldStartMetric.namespace, coldStartMetric.firstStep]],
        },
      ],
      regionName,
    );
  },
);

export const dashboard = new aws.cloudwatch.Dashboard('Dashboard', {
  dashboardName: `${$app.name}-${$app.stage}`,
  dashboardBody: body,
});
