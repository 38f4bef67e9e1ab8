/** What the deployment tells people: alarms, the budget and the dashboard, read from a synthesis under mocks. */
import { beforeAll, describe, expect, test } from 'vitest';
import { MOCK_ACCOUNT } from './mock-cloud.js';
import { ensurePlatform } from './platform.js';
import { all, only } from './resource-queries.js';
import { type Synthesis, synthesise } from './synth.js';

const platform = await ensurePlatform();
const title = platform.ready
  ? 'watching'
  : 'watching (skipped: the SST platform cannot be installed without the npm registry)';

describe.skipIf(!platform.ready)(title, () => {
  let infra: Synthesis;

  beforeAll(async () => {
    infra = await synthesise('test', { ApiKeyHashes: `${'ab'.repeat(32)}:project-1` });
  });

  const resource = (type: string, name: string | RegExp) => only(infra.resources, type, name);

  test('what healing does not reach is told to one topic', () => {
    const alarms = all(infra.resources, 'aws:cloudwatch/metricAlarm:MetricAlarm');
    const told = alarms.filter(({ inputs }) => JSON.stringify(inputs.alarmActions).includes(':Alarms"'));
    expect(told.map(({ name }) => name).sort()).toEqual([
      'ApiErrors',
      'ApiServerErrors',
      'ApiThrottles',
      'EvaluationDeadLettersAlarm',
      'EvaluationErrors',
      'EvaluationThrottles',
      'EvaluationWaits',
      'InferenceErrors',
      'InferenceServerErrors',
      'InferenceThrottles',
      'RunnerErrors',
      'SweeperErrors',
      'SweeperSilent',
      'SweeperThrottles',
      'WorkDeadLettersAlarm',
      'WorkUntaken',
    ]);
    const names = new Set(
      all(infra.resources, 'aws:lambda/function:Function').map(({ name, inputs }) => inputs.name ?? name),
    );
    for (const { name, inputs } of told) {
      const { FunctionName } = (inputs.dimensions ?? {}) as { FunctionName?: string };
      if (FunctionName !== undefined) expect(names, name).toContain(FunctionName);
      expect(inputs.treatMissingData, name).toBe(name === 'SweeperSilent' ? 'breaching' : 'notBreaching');
    }
  });

  test('work that nobody takes is told from work that busy runners will take', () => {
    const { namespace, metricName, threshold, period, statistic } = resource(
      'aws:cloudwatch/metricAlarm:MetricAlarm',
      'WorkUntaken',
    );
    const filter = resource('aws:cloudwatch/logMetricFilter:LogMetricFilter', 'WorkUntakenSweeps');
    expect([namespace, metricName]).toEqual([filter.metricTransformation.namespace, filter.metricTransformation.name]);
    // Nearly every sweep of half an hour, and there is one a minute.
    expect([statistic, period, threshold]).toEqual(['Sum', 30 * 60, 27]);
  });

  test('the topic of alarms takes messages of alarms and the budget of this account only', () => {
    const { Statement } = JSON.parse(resource('aws:sns/topicPolicy:TopicPolicy', 'AlarmsPolicy').policy);
    expect(Statement).toEqual([
      expect.objectContaining({
        actions: ['sns:Publish'],
        principals: [{ type: 'Service', identifiers: ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'] }],
        conditions: expect.arrayContaining([
          { test: 'StringEquals', variable: 'aws:SourceAccount', values: [MOCK_ACCOUNT] },
        ]),
      }),
    ]);
  });

  test('the budget tells at its shares, and when it will be exceeded', () => {
    const { notifications, limitAmount } = resource('aws:budgets/budget:Budget', 'Budget');
    expect(Number(limitAmount)).toBeGreaterThan(0);
    const told = notifications as { notificationType: string; threshold: number; subscriberSnsTopicArns: string[] }[];
    expect(told.map(({ notificationType, threshold }) => `${notificationType} ${threshold}`)).toEqual([
      'ACTUAL 50',
      'ACTUAL 80',
      'ACTUAL 100',
      'FORECASTED 100',
    ]);
    for (const { subscriberSnsTopicArns } of told)
      expect(subscriberSnsTopicArns).toEqual([expect.stringMatching(/:Alarms$/)]);
  });

  test('the dashboard shows metrics that something writes', () => {
    const { widgets } = JSON.parse(resource('aws:cloudwatch/dashboard:Dashboard', 'Dashboard').dashboardBody);
    const shown = (widgets as { properties: { metrics: unknown[][] } }[]).flatMap(
      ({ properties }) => properties.metrics,
    );
    const own = shown.filter(([namespace]) => namespace === 'preheat/test').map(([, name]) => name);
    const filters = all(infra.resources, 'aws:cloudwatch/logMetricFilter:LogMetricFilter');
    const written = filters.map(({ inputs }) => (inputs.metricTransformation as { name: string }).name);
    const functions = ['Api', 'Inference', 'Evaluation', 'Sweeper'];
    expect(own).toEqual([...functions.map((name) => `${name}ColdStartMs`), 'StartCold', 'StartWarm']);
    for (const name of own) expect(written).toContain(name);
    const namespaces = new Set(shown.map(([namespace]) => namespace));
    expect([...namespaces].sort()).toEqual(['AWS/AutoScaling', 'AWS/Lambda', 'AWS/SQS', 'preheat/test']);
  });
});
