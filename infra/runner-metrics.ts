/**
 * Where the time of starts goes, as metrics in milliseconds. Runners log every start with its parts (`kind` is `first_step`); CloudWatch
 * reads the numbers off those lines, so measuring costs runners nothing. A part that there was not is `null` there, and gives no value.
 */
import { runnerLogs } from './runner-task.js';

export const startMetrics = { namespace: `${$app.name}/${$app.stage}`, cold: 'StartCold', warm: 'StartWarm' } as const;

const IS_START = '$.kind = "first_step"';

/** Name of the metric, field of the line, and which starts. */
const METRICS = [
  [startMetrics.cold, 'total_ms', ' && ($.cold IS TRUE)'],
  [startMetrics.warm, 'total_ms', ' && ($.cold IS FALSE)'],
  ['StartQueue', 'queue_ms', ' && ($.cold IS FALSE)'],
  ['StartMachine', 'machine_ms', ''],
  ['StartImage', 'image_ms', ''],
  ['StartProcess', 'process_ms', ''],
  ['StartData', 'data_ms', ''],
  ['StartModel', 'model_ms', ''],
  ['StartFetch', 'fetch_ms', ''],
  ['StartStep', 'step_ms', ''],
] as const;

for (const [name, field, more] of METRICS) {
  new aws.cloudwatch.LogMetricFilter(`Runner${name}`, {
    logGroupName: runnerLogs.name,
    // Numbers only: a comparison leaves `null` out.
    pattern: `{ (${IS_START}) && ($.${field} >= 0)${more} }`,
    metricTransformation: {
      namespace: startMetrics.namespace,
      name,
      value: `$.${field}`,
      unit: 'Milliseconds',
    },
  });
}
