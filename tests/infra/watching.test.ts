/** What the deployment tells people: alarms, the budget, metrics and the dashboard, read from a synthesis under mocks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BudgetSettings, readSettings } from '@preheat/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { CAPACITY_HELD, NOBODY_THERE } from '../../functions/src/scheduling/scale-runners.js';
import { NOT_SCALED } from '../../functions/src/sweep.js';
import { startEvent } from '../../gpu-runner/src/start-event.js';
import { MOCK_ACCOUNT } from './mock-cloud.js';
import { ensurePlatform, REPOSITORY_ROOT } from './platform.js';
import { all, environmentOf, only } from './resource-queries.js';
import { type Synthesis, synthesise } from './synth.js';

const platform = await ensurePlatform();
const title = platform.ready
  ? 'watching'
  : 'watching (skipped: the SST platform cannot be installed without the npm registry)';

/** Type, share and topic of each. */
function notificationsOf({ resources }: Synthesis): string[] {
  const { notifications } = only(resources, 'aws:budgets/budget:Budget', 'Budget');
  const told = notifications as { notificationType: string; threshold: number; subscriberSnsTopicArns: string[] }[];
  return told.map(({ notificationType, threshold, subscriberSnsTopicArns }) =>
    [notificationType, threshold, ...subscriberSnsTopicArns.map((arn) => arn.split(':').at(-1))].join(' '),
  );
}

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
      'BudgetGuardErrors',
      'CapacityHeld',
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

  const logMetrics = () =>
    all(infra.resources, 'aws:cloudwatch/logMetricFilter:LogMetricFilter').map(({ name, inputs }) => {
      const { pattern, logGroupName, metricTransformation } = inputs as {
        pattern: string;
        logGroupName: string;
        metricTransformation: { value: string };
      };
      return { name, pattern, logGroupName, value: metricTransformation.value };
    });

  test('is as much as docs/deploy.md counts in what it costs', () => {
    const count = (type: string) => all(infra.resources, type).length;
    const alarms = count('aws:cloudwatch/metricAlarm:MetricAlarm');
    const metrics = count('aws:cloudwatch/logMetricFilter:LogMetricFilter');
    const page = readFileSync(join(REPOSITORY_ROOT, 'docs/deploy.md'), 'utf8');
    expect(page).toContain(`${alarms} alarms at 0.10, 1 dashboard at 3, ${metrics} metrics at 0.30`);
    expect(page).toContain(`| ${(0.1 * alarms + 3 + 0.3 * metrics).toFixed(2)} |`);
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

  test.each([
    ['AlarmsPolicy', ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']],
    ['BudgetSpentPolicy', ['budgets.amazonaws.com']],
  ])('%s takes messages of this account only, and none over plain HTTP', (name, identifiers) => {
    const { Statement } = JSON.parse(resource('aws:sns/topicPolicy:TopicPolicy', name).policy);
    // A service that does not say how it came must not be refused: no condition on that in what is allowed.
    expect(Statement).toEqual([
      expect.objectContaining({
        actions: ['sns:Publish'],
        principals: [{ type: 'Service', identifiers }],
        conditions: [{ test: 'StringEquals', variable: 'aws:SourceAccount', values: [MOCK_ACCOUNT] }],
      }),
      expect.objectContaining({
        effect: 'Deny',
        actions: ['sns:Publish'],
        principals: [{ type: '*', identifiers: ['*'] }],
        conditions: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
      }),
    ]);
  });

  test('the budget tells at its shares and when it will be exceeded, and from its shares on has capacity held', () => {
    expect(notificationsOf(infra)).toEqual([
      'ACTUAL 50 Alarms',
      'ACTUAL 80 Alarms',
      'ACTUAL 100 Alarms',
      'ACTUAL 90 BudgetSpent',
      'ACTUAL 110 BudgetSpent',
      'ACTUAL 130 BudgetSpent',
      'FORECASTED 100 Alarms',
    ]);
    expect(Number(resource('aws:budgets/budget:Budget', 'Budget').limitAmount)).toBe(500);
  });

  test('what the budget tells its guard calls the guard, which knows what becomes of jobs that run', () => {
    const { topic, protocol, endpoint } = resource('aws:sns/topicSubscription:TopicSubscription', 'BudgetGuardIsTold');
    expect([topic, protocol, endpoint]).toEqual([
      expect.stringMatching(/:BudgetSpent$/),
      'lambda',
      expect.stringMatching(/BudgetGuardFunction$/),
    ]);
    const permission = resource('aws:lambda/permission:Permission', 'BudgetGuardIsCalled');
    expect(permission).toMatchObject({ principal: 'sns.amazonaws.com', sourceArn: topic });
    const { variables } = environmentOf(infra.resources, /^BudgetGuardFunction$/);
    expect(readSettings(BudgetSettings, variables).PREHEAT_ON_BUDGET).toBe('checkpoint');
  });

  test('every part of a start that runners log is a metric', () => {
    const watch = { startedAtMs: 0, spentMs: { data: 0, model: 0, step: 0 } };
    const { data } = startEvent({ createdAtMs: 0 }, watch, { processStartedAtMs: 0, imageMs: 0, fetchMs: 0 });
    const parts = Object.keys(data ?? {}).filter((field) => field.endsWith('_ms'));
    const starts = logMetrics().filter(({ name }) => name.startsWith('RunnerStart'));
    expect(new Set(starts.map(({ value }) => value))).toEqual(new Set(parts.map((field) => `$.${field}`)));
    const { name } = resource('aws:cloudwatch/logGroup:LogGroup', 'RunnerLogs');
    for (const { pattern, logGroupName } of starts) {
      expect(pattern).toContain(`$.kind = "${data?.['kind']}"`);
      expect(logGroupName).toBe(name);
    }
  });

  test('every other metric is read off the log of whoever writes the lines', () => {
    const others = logMetrics().filter(({ name }) => !name.startsWith('RunnerStart'));
    const runners = resource('aws:cloudwatch/logGroup:LogGroup', 'RunnerLogs').name as string;
    const readOff = others.map(({ name, logGroupName, value }) => [name, logGroupName === runners, value]);
    expect(readOff.sort()).toEqual([
      ['ApiColdStarts', false, '$.initMs'],
      ['CapacityHeldSweeps', false, '1'],
      ['EvaluationColdStarts', false, '$.initMs'],
      ['InferenceColdStarts', false, '$.initMs'],
      ['RunnerErrorLines', true, '1'],
      ['SweeperColdStarts', false, '$.initMs'],
      ['WorkUntakenSweeps', false, '1'],
    ]);
    const untaken = others.find(({ name }) => name === 'WorkUntakenSweeps');
    expect(untaken?.logGroupName).toBe(others.find(({ name }) => name === 'SweeperColdStarts')?.logGroupName);
    for (const message of [NOBODY_THERE, NOT_SCALED]) expect(untaken?.pattern).toContain(`$.message = "${message}"`);
    const held = others.find(({ name }) => name === 'CapacityHeldSweeps');
    expect(held).toMatchObject({ logGroupName: untaken?.logGroupName, pattern: `{ $.message = "${CAPACITY_HELD}" }` });
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

describe.skipIf(!platform.ready)('a budget that whoever deploys sets', () => {
  const told = async (settings: Record<string, string>): Promise<[string, string[], number]> => {
    Object.assign(process.env, settings);
    try {
      const infra = await synthesise('test', { ApiKeyHashes: `${'ab'.repeat(32)}:project-1` });
      const { limitAmount } = only(infra.resources, 'aws:budgets/budget:Budget', 'Budget');
      const functions = all(infra.resources, 'aws:lambda/function:Function').length;
      return [limitAmount as string, notificationsOf(infra), functions];
    } finally {
      for (const name of Object.keys(settings)) delete process.env[name];
    }
  };

  test('is told of once where a share is that of the guard', { timeout: 60_000 }, async () => {
    const settings = { PREHEAT_BUDGET_DOLLARS: '20000', PREHEAT_BUDGET_HELD_AT_PERCENT: '100' };
    const alarms = ['ACTUAL 50 Alarms', 'ACTUAL 80 Alarms'];
    const guard = ['ACTUAL 100 BudgetSpent', 'ACTUAL 110 BudgetSpent', 'ACTUAL 130 BudgetSpent'];
    expect(await told(settings)).toEqual(['20000', [...alarms, ...guard, 'FORECASTED 100 Alarms'], 5]);
  });

  test('has capacity held at no share below the one that is set', { timeout: 60_000 }, async () => {
    const [, notifications] = await told({ PREHEAT_BUDGET_HELD_AT_PERCENT: '120' });
    expect(notifications.filter((text) => text.endsWith('BudgetSpent'))).toEqual([
      'ACTUAL 120 BudgetSpent',
      'ACTUAL 130 BudgetSpent',
    ]);
  });

  test('is only told of where no share is to hold capacity', { timeout: 60_000 }, async () => {
    const notifications = ['ACTUAL 50 Alarms', 'ACTUAL 80 Alarms', 'ACTUAL 100 Alarms', 'FORECASTED 100 Alarms'];
    expect(await told({ PREHEAT_BUDGET_HELD_AT_PERCENT: '0' })).toEqual(['500', notifications, 4]);
  });
});
