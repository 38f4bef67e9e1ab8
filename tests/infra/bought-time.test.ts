/** The deployment with the settings that trade money for time: what they must bring, or they cost and do nothing. */
import { parseRunnerClasses } from '@preheat/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOCK_ACCOUNT, MOCK_REGION } from './mock-cloud.js';
import { ensurePlatform } from './platform.js';
import { all, endpointPolicies, environmentOf, only, statementsByRole } from './resource-queries.js';
import { type Synthesis, synthesise } from './synth.js';

const platform = await ensurePlatform();
const title = platform.ready
  ? 'bought time'
  : 'bought time (skipped: the SST platform cannot be installed without the npm registry)';
const SETTINGS = {
  PREHEAT_API_KEPT_STARTED: '2',
  PREHEAT_SNAP_START: 'PublishedVersions',
  PREHEAT_RUNNER_NETWORK: 'private',
  PREHEAT_WARM_MACHINES: '1',
};

describe.skipIf(!platform.ready)(title, () => {
  let infra: Synthesis;

  beforeAll(async () => {
    Object.assign(process.env, SETTINGS);
    infra = await synthesise('test', { ApiKeyHashes: `${'ab'.repeat(32)}:project-1` });
  });
  afterAll(() => {
    for (const name of Object.keys(SETTINGS)) delete process.env[name];
  });

  const resource = (type: string, name: string | RegExp) => only(infra.resources, type, name);

  test('calls reach the published version, which is the one that is kept started', () => {
    expect(resource('aws:lambda/function:Function', /^ApiFunction$/)).toMatchObject({
      publish: true,
      snapStart: { applyOn: 'PublishedVersions' },
    });
    expect(
      resource('aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig', 'ApiKeptStarted'),
    ).toMatchObject({
      qualifier: 'live',
      provisionedConcurrentExecutions: 2,
    });
    const urls = all(infra.resources, 'aws:lambda/functionUrl:FunctionUrl').map(({ name, inputs }) => [
      name,
      inputs.qualifier,
    ]);
    expect(urls.sort()).toEqual([
      ['ApiLiveUrl', 'live'],
      ['InferenceLiveUrl', 'live'],
    ]);
    for (const { inputs } of all(infra.resources, 'aws:lambda/permission:Permission')) {
      if (String(inputs.action).includes('Url')) expect(inputs.qualifier).toBe('live');
    }
  });

  test('only what is asked for is kept started', () => {
    const kept = all(infra.resources, 'aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig');
    expect(kept.map(({ name }) => name)).toEqual(['ApiKeptStarted']);
  });

  test('stopped machines wait beside a group that is not mixed, and join their cluster when they start', () => {
    const group = resource('aws:autoscaling/group:Group', 'RunnerMachines');
    expect(group.mixedInstancesPolicy).toBeUndefined();
    expect(group.warmPool).toMatchObject({ poolState: 'Stopped', minSize: 1 });
    const { userData } = resource('aws:ec2/launchTemplate:LaunchTemplate', 'RunnerTemplate');
    expect(Buffer.from(userData, 'base64').toString()).toContain('ECS_WARM_POOLS_CHECK=true\n');
  });

  test('machines in a private network have no public address, and an endpoint for each service they need', () => {
    const template = resource('aws:ec2/launchTemplate:LaunchTemplate', 'RunnerTemplate');
    expect(template.networkInterfaces[0].associatePublicIpAddress).toBe('false');
    expect(all(infra.resources, 'aws:ec2/natGateway:NatGateway')).toEqual([]);
    const endpoints = all(infra.resources, 'aws:ec2/vpcEndpoint:VpcEndpoint').map(({ inputs }) => inputs);
    const services = endpoints.map(({ serviceName }) =>
      String(serviceName).replace(`com.amazonaws.${MOCK_REGION}.`, ''),
    );
    expect(services.sort()).toEqual(['ecr.api', 'ecr.dkr', 'ecs', 'ecs-agent', 'ecs-telemetry', 'logs', 's3', 'sqs']);
    const inside = resource('aws:ec2/securityGroup:SecurityGroup', 'EndpointSecurityGroup');
    expect(inside.ingress).toEqual([expect.objectContaining({ fromPort: 443, toPort: 443, protocol: 'tcp' })]);
  });

  test('through an endpoint, a machine does what a runner does and nothing else, whoever it says it is', () => {
    const { s3, sqs, logs, ...others } = endpointPolicies(infra.resources, MOCK_REGION);
    expect(s3?.length).toBeGreaterThan(0);
    const allowed = (statements = s3) =>
      statements?.map(({ actions, resources }) => [[...actions].sort().join(' '), resources.join(' ')]);
    expect(allowed(sqs)).toEqual([
      [
        'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage',
        expect.stringMatching(/:WorkQueue$/),
      ],
      ['sqs:SendMessage', expect.stringMatching(/:WorkQueue \S+:EvaluationRunsQueue$/)],
    ]);
    expect(allowed(logs)).toEqual([
      ['logs:CreateLogStream logs:PutLogEvents', expect.stringMatching(/RunnerLogs:\*$/)],
    ]);
    for (const name of ['ecr.api', 'ecr.dkr']) {
      expect(allowed(others[name]), name).toEqual([
        ['ecr:GetAuthorizationToken', '*'],
        [
          'ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer',
          expect.stringMatching(/^arn:aws:ecr:\S+RunnerImages$/),
        ],
      ]);
    }
    const ofAccount = [{ test: 'StringEquals', variable: 'aws:PrincipalAccount', values: [MOCK_ACCOUNT] }];
    for (const name of ['ecs', 'ecs-agent', 'ecs-telemetry']) {
      expect(others[name], name).toEqual([expect.objectContaining({ actions: ['ecs:*'], conditions: ofAccount })]);
    }
  });

  test('what a role of runners may, the endpoint on its way lets through', () => {
    const policies = endpointPolicies(infra.resources, MOCK_REGION);
    const role = statementsByRole(infra.resources).get('RunnerTaskRole') ?? [];
    const grants = role.flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => ({ action, resource }))),
    );
    expect(grants.length).toBeGreaterThan(10);
    const isLetThrough = ({ action, resource }: { action: string; resource: string }) =>
      policies[action.split(':')[0] ?? '']?.some(
        ({ actions, resources }) =>
          (actions.includes(action) || actions.includes('ecs:*')) &&
          (resources.includes(resource) || resources.includes('*')),
      );
    expect(grants.filter((grant) => !isLetThrough(grant))).toEqual([]);
  });

  test('the API knows that runners in a private network have no way out', () => {
    const { variables } = environmentOf(infra.resources, /^ApiFunction$/);
    const classes = parseRunnerClasses(variables['PREHEAT_RUNNER_CLASSES'] ?? '');
    expect(classes.map(({ outbound }) => outbound)).toEqual([false]);
  });
});
