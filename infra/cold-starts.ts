/**
 * Cold starts as metrics, read from what functions and runners log of them: each function says once a process how long it took
 * (functions/src/lambda/tell-start.ts), each job how long until its first step, and on what the time went.
 */
import { api, inference } from './api.js';
import { evaluation } from './evaluation.js';
import { runnerLogs } from './runner-task.js';
import { sweeper } from './sweeper.js';

export const coldStartMetric = {
  namespace: `${$app.name}/${$app.stage}`,
  name: 'ColdStartMs',
  firstStep: 'FirstStepMs',
} as const;

/** Parts of a start, as the runner's log names them. */
const PARTS = ['queue_ms', 'machine_ms', 'process_ms', 'data_ms', 'model_ms', 'step_ms'];

const logGroups = {
  Api: api.nodes.logGroup,
  Inference: inference.nodes.logGroup,
  Evaluation: evaluation.nodes.function.nodes.logGroup,
  Sweeper: sweeper.nodes.function.nodes.logGroup,
};
for (const [name, logGroup] of Object.entries(logGroups)) {
  // A metric filter sets a dimension only from a field of the line, so a function is told apart by the name of its metric.
  new aws.cloudwatch.LogMetricFilter(`${name}ColdStarts`, {
    logGroupName: $output(logGroup).apply((group) => {
      if (!group) throw new Error(`The ${name} function has no log group of its own.`);
      return group.name;
    }),
    pattern: '{ $.message = "cold start" }',
    metricTransformation: {
      namespace: coldStartMetric.namespace,
      name: `${name}${coldStartMetric.name}`,
      value: '$.initMs',
      unit: 'Milliseconds',
    },
  });
}

new aws.cloudwatch.LogMetricFilter('FirstSteps', {
  logGroupName: runnerLogs.name,
  pattern: '{ $.kind = "first_step" }',
  metricTransformation: {
    namespace: coldStartMetric.namespace,
    name: coldStartMetric.firstStep,
    value: '$.total_ms',
    unit: 'Milliseconds',
  },
});
for (const part of PARTS) {
  new aws.cloudwatch.LogMetricFilter(`FirstSteps-${part}`, {
    logGroupName: runnerLogs.name,
    // Parts that a start does not have are null.
    pattern: `{ $.kind = "first_step" && $.${part} >= 0 }`,
    metricTransformation: {
      namespace: coldStartMetric.namespace,
      name: `${coldStartMetric.firstStep}-${part}`,
      value: `$.${part}`,
      unit: 'Milliseconds',
    },
  });
}
