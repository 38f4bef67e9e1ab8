/**
 * Cold starts of functions as metrics, read from what they log: each says once a process how long it took
 * (functions/src/lambda/tell-start.ts). Those of runners are in `runner-metrics.ts`.
 */
import { api, inference } from './api.js';
import { evaluation } from './evaluation.js';
import { sweeper } from './sweeper.js';

export const coldStartMetric = {
  namespace: `${$app.name}/${$app.stage}`,
  name: 'ColdStartMs',
} as const;

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
