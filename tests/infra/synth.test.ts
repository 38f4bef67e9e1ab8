/** The deployment's structure and policies, read from a synthesis under mocks: what review of a diff would look for. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApiSettings, FleetSettings, KEYS, parseRunnerClasses, readSettings, StoreSettings } from '@preheat/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { MOCK_REGION } from './mock-cloud.js';
import { ensurePlatform, REPOSITORY_ROOT } from './platform.js';
import {
  actionsOn,
  all,
  endpointPolicies,
  environmentOf,
  only,
  originsByPath,
  type PolicyStatement,
  statementsByRole,
} from './resource-queries.js';
import { type Synthesis, synthesise } from './synth.js';

const platform = await ensurePlatform();
const title = platform.ready
  ? 'infra'
  : 'infra (skipped: the SST platform cannot be installed without the npm registry)';
const KEY_HASHES = `${'ab'.repeat(32)}:project-1`;

describe.skipIf(!platform.ready)(title, () => {
  let infra: Synthesis;
  let roles: Map<string, PolicyStatement[]>;

  beforeAll(async () => {
    infra = await synthesise('test', { ApiKeyHashes: KEY_HASHES });
    roles = statementsByRole(infra.resources);
  });

  const resource = (type: string, name: string | RegExp) => only(infra.resources, type, name);
  test('type-checks', async () => {
    const compiler = join(REPOSITORY_ROOT, 'node_modules/typescript/bin/tsc');
    const check = promisify(execFile)(process.execPath, [compiler, '-p', 'infra', '--noEmit'], {
      cwd: REPOSITORY_ROOT,
    });
    const output = await check.then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(output).toBe('');
  }, 180_000);

  describe('bucket', () => {
    test('is encrypted and cannot be made public', () => {
      const encryption = resource(
        'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
        'StoreEncryption',
      );
      expect(encryption.bucket).toBe('StoreBucket');
      expect(encryption.rules[0].applyServerSideEncryptionByDefault.sseAlgorithm).toBe('AES256');
      const block = resource('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', 'StorePublicAccessBlock');
      expect(block).toMatchObject({
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      });
    });

    test('refuses plain HTTP', () => {
      const policy = JSON.parse(resource('aws:s3/bucketPolicy:BucketPolicy', 'StorePolicy').policy);
      expect(policy.Statement).toEqual([
        expect.objectContaining({
          effect: 'Deny',
          conditions: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
        }),
      ]);
    });

    test('expires only keys that the store treats as temporary, and abandoned uploads', () => {
      const { rules } = resource('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'StoreLifecycle');
      const expiring = rules.filter((rule: { expiration?: object }) => rule.expiration);
      expect(expiring).toHaveLength(1);
      expect(expiring[0]).toMatchObject({ filter: { prefix: 'idempotency/' }, expiration: { days: 30 } });
      expect(KEYS.idempotency('project', 'digest').startsWith(expiring[0].filter.prefix)).toBe(true);
      const durable = [KEYS.job('j'), KEYS.file('f'), KEYS.jobIndex('p'), KEYS.run('e', 'r'), KEYS.activeRuns];
      expect(durable.filter((key) => key.startsWith(expiring[0].filter.prefix))).toEqual([]);
      expect(rules).toContainEqual(
        expect.objectContaining({ abortIncompleteMultipartUpload: { daysAfterInitiation: 2 } }),
      );
      expect(rules).toContainEqual(expect.objectContaining({ noncurrentVersionExpiration: { noncurrentDays: 7 } }));
    });
  });

  describe('queues', () => {
    test.each(['Work', 'EvaluationRuns'])('%s hands poison messages to its encrypted dead-letter queue', (name) => {
      const queue = resource('aws:sqs/queue:Queue', `${name}Queue`);
      const deadLetters = resource('aws:sqs/queue:Queue', `${name}DeadLettersQueue`);
      const redrive = JSON.parse(queue.redrivePolicy);
      expect(redrive.deadLetterTargetArn).toMatch(new RegExp(`:${name}DeadLettersQueue$`));
      expect(redrive.maxReceiveCount).toBe(5);
      expect(queue.sqsManagedSseEnabled).toBe(true);
      expect(deadLetters).toMatchObject({ sqsManagedSseEnabled: true, messageRetentionSeconds: 1_209_600 });
    });

    test('a message stays hidden at least as long as the function that works on it may run', () => {
      const { visibilityTimeoutSeconds } = resource('aws:sqs/queue:Queue', 'EvaluationRunsQueue');
      const { timeout } = resource('aws:lambda/function:Function', /^EvaluationRunsSubscriber/);
      expect(visibilityTimeoutSeconds).toBeGreaterThanOrEqual(timeout);
    });
  });

  describe('permissions', () => {
    test('name concrete actions on concrete resources', () => {
      const granted = [...roles].flatMap(([role, statements]) => statements.map((statement) => ({ role, statement })));
      expect(granted.length).toBeGreaterThan(10);
      const wide = granted.filter(({ statement }) => {
        return statement.actions.some((action) => action.includes('*')) || statement.resources.includes('*');
      });
      expect(wide).toEqual([]);
    });

    const write = [
      's3:AbortMultipartUpload',
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:ListMultipartUploadParts',
      's3:PutObject',
    ];
    const ring = ['sqs:SendMessage'];
    const answer = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

    test.each([
      ['ApiRole', ring, ring],
      ['InferenceRole', ring, ring],
      ['SweeperHandlerRole', ring, ring],
      ['RunnerTaskRole', [...answer, ...ring], ring],
    ])('%s has exactly what it needs', (role, work, evaluation) => {
      expect(actionsOn(roles, role, 'StoreBucket')).toEqual(write);
      expect(actionsOn(roles, role, ':WorkQueue')).toEqual(work);
      expect(actionsOn(roles, role, ':EvaluationRunsQueue')).toEqual(evaluation);
    });

    test('only what serves users, and the sweeper, may delete more than pointers and the hold of capacity', () => {
      const deleters = [...roles].flatMap(([role, statements]) =>
        statements
          .filter(({ actions }) => actions.includes('s3:DeleteObject'))
          .map(({ resources }) => [role.replace(/^EvaluationRuns.*/, 'Evaluation'), resources.join(' ')]),
      );
      expect(Object.fromEntries(deleters)).toEqual({
        ApiRole: 'arn:aws:s3:::StoreBucket/*',
        InferenceRole: 'arn:aws:s3:::StoreBucket/*',
        SweeperHandlerRole: 'arn:aws:s3:::StoreBucket/*',
        RunnerTaskRole: 'arn:aws:s3:::StoreBucket/index/*',
        Evaluation: 'arn:aws:s3:::StoreBucket/index/*',
        BudgetGuardRole: 'arn:aws:s3:::StoreBucket/scheduler/hold.json',
      });
      expect(KEYS.activeJob('j').startsWith('index/')).toBe(true);
    });

    test('the guard of the budget writes the one document that holds capacity, and nothing else', () => {
      const granted = (roles.get('BudgetGuardRole') ?? []).map(({ actions, resources }) => [
        actions.join(' '),
        resources.join(' '),
      ]);
      expect(granted).toEqual([
        ['s3:ListBucket', 'arn:aws:s3:::StoreBucket'],
        ['s3:GetObject s3:PutObject s3:DeleteObject', `arn:aws:s3:::StoreBucket/${KEYS.hold}`],
      ]);
    });

    test('roles can be assumed by their service only', () => {
      for (const { name, inputs } of all(infra.resources, 'aws:iam/role:Role')) {
        const trust = JSON.stringify(inputs.assumeRolePolicy);
        expect(trust, name).toMatch(/(lambda|scheduler|ec2|ecs-tasks)\.amazonaws\.com/);
        expect(trust, name).not.toContain(':root');
      }
    });
  });

  describe('functions', () => {
    const functionNames = [
      /^ApiFunction$/,
      /^InferenceFunction$/,
      /^SweeperHandlerFunction$/,
      /^EvaluationRunsSubscriber/,
      /^BudgetGuardFunction$/,
    ];

    test('are the five we know, each from our own bundle of an existing handler', () => {
      expect(infra.builds.map(({ bundle, handler }) => `${bundle}/${handler}`).sort()).toEqual([
        'functions/dist-lambda/api/api.handler',
        'functions/dist-lambda/budget/budget.handler',
        'functions/dist-lambda/evaluation/evaluation.handler',
        'functions/dist-lambda/inference/api.handler',
        'functions/dist-lambda/sweeper/sweeper.handler',
      ]);
      for (const { handler } of infra.builds) {
        const source = join(REPOSITORY_ROOT, 'functions/src/lambda', handler.replace(/\.handler$/, '.ts'));
        expect(existsSync(source), source).toBe(true);
      }
    });

    test.each(functionNames)('%s gets settings that the platform accepts', (name) => {
      const { variables } = environmentOf(infra.resources, name);
      expect(readSettings(StoreSettings, variables)).toMatchObject({
        PREHEAT_STORE: 'aws',
        PREHEAT_BUCKET: 'StoreBucket',
        PREHEAT_QUEUE_URL: expect.stringMatching(/WorkQueue$/),
        PREHEAT_EVALUATION_QUEUE_URL: expect.stringMatching(/EvaluationRunsQueue$/),
      });
      expect(variables.PREHEAT_STAGE).toBe('test');
    });

    test.each([/^ApiFunction$/, /^InferenceFunction$/])(
      '%s gets key hashes (as a secret) and its public URL',
      (name) => {
        const { variables, secret } = environmentOf(infra.resources, name);
        expect(secret).toBe(true);
        expect(readSettings(ApiSettings, variables)).toMatchObject({
          PREHEAT_API_KEY_HASHES: KEY_HASHES,
          PREHEAT_PUBLIC_URL: infra.outputs.url,
        });
      },
    );

    test.each([/^SweeperHandlerFunction$/, /^EvaluationRunsSubscriber/, /^BudgetGuardFunction$/])(
      '%s gets no key hashes',
      (name) => {
        expect(environmentOf(infra.resources, name).variables).not.toHaveProperty('PREHEAT_API_KEY_HASHES');
      },
    );

    test.each(['ApiUrl', 'InferenceUrl'])('%s streams its responses', (name) => {
      expect(resource('aws:lambda/functionUrl:FunctionUrl', name).invokeMode).toBe('RESPONSE_STREAM');
    });

    test('what asks a model is sent to the function that has the runtime, and nothing else', () => {
      expect(originsByPath(infra.resources)).toEqual({
        // All others.
        '': 'apiurl',
        '/v1/chat/completions': 'inferenceurl',
        '/v1/completions': 'inferenceurl',
        '/v1/fine_tuning/alpha/graders/run': 'inferenceurl',
        '/v1/x/exports': 'inferenceurl',
        '/v1/x/models': 'inferenceurl',
        '/v1/x/preflight': 'inferenceurl',
      });
    });

    test('what waits for models knows when AWS stops it', () => {
      const { timeout } = resource('aws:lambda/function:Function', /^InferenceFunction$/);
      const { variables } = environmentOf(infra.resources, /^InferenceFunction$/);
      expect(readSettings(ApiSettings, variables).PREHEAT_ANSWER_LIMIT_SECONDS).toBe(String(timeout));
    });

    test('what decodes has more memory than the API', () => {
      const memory = (name: RegExp) => resource('aws:lambda/function:Function', name).memorySize as number;
      expect(memory(/^InferenceFunction$/)).toBeGreaterThan(memory(/^ApiFunction$/));
      expect(memory(/^EvaluationRunsSubscriber/)).toBeGreaterThan(memory(/^ApiFunction$/));
    });

    test('the sweeper runs on a schedule', () => {
      const schedule = resource('aws:scheduler/schedule:Schedule', 'SweeperSchedule');
      expect(schedule.scheduleExpression).toBe('rate(1 minute)');
      expect(schedule.state).toBe('ENABLED');
      expect(schedule.target.arn).toMatch(/SweeperHandlerFunction$/);
    });

    test('evaluation takes one run at a time from its queue', () => {
      const mapping = resource('aws:lambda/eventSourceMapping:EventSourceMapping', /^EvaluationRuns/);
      expect(mapping).toMatchObject({ batchSize: 1, functionResponseTypes: ['ReportBatchItemFailures'] });
      expect(mapping.eventSourceArn).toMatch(/:EvaluationRunsQueue$/);
      // Beyond, runs wait: they would take the account's concurrency from the API.
      expect(mapping.scalingConfig).toEqual({ maximumConcurrency: 8 });
    });
  });

  test('every log is deleted after a month', () => {
    const groups = all(infra.resources, 'aws:cloudwatch/logGroup:LogGroup');
    expect(groups).toHaveLength(6);
    expect(groups.filter(({ inputs }) => inputs.retentionInDays !== 30)).toEqual([]);
  });

  describe('runner', () => {
    test('has no NAT gateway, and reaches the store by an endpoint that costs nothing', () => {
      expect(all(infra.resources, 'aws:ec2/natGateway:NatGateway')).toEqual([]);
      const endpoints = all(infra.resources, 'aws:ec2/vpcEndpoint:VpcEndpoint').map(({ inputs }) => inputs);
      expect(endpoints).toHaveLength(1);
      expect(endpoints[0]).toMatchObject({
        serviceName: `com.amazonaws.${MOCK_REGION}.s3`,
        vpcEndpointType: 'Gateway',
      });
    });

    test('reaches in the store what its role may, and the layers of its image, and no other bucket', () => {
      const { s3 = [] } = endpointPolicies(infra.resources, MOCK_REGION);
      const allowed = s3.map(({ actions, resources }) => [[...actions].sort().join(' '), resources.join(' ')]);
      expect(allowed).toEqual([
        ['s3:ListBucket s3:ListBucketMultipartUploads', 'arn:aws:s3:::StoreBucket'],
        ['s3:AbortMultipartUpload s3:GetObject s3:ListMultipartUploadParts s3:PutObject', 'arn:aws:s3:::StoreBucket/*'],
        ['s3:DeleteObject', 'arn:aws:s3:::StoreBucket/index/*'],
        ['s3:GetObject', `arn:aws:s3:::prod-${MOCK_REGION}-starport-layer-bucket/*`],
      ]);
      expect(s3.filter(({ effect, principals }) => effect !== undefined || principals?.[0]?.type !== '*')).toEqual([]);
    });

    test('runs on a capacity provider that is attached to its own cluster', () => {
      const service = resource('aws:ecs/service:Service', 'RunnerService');
      const attached = resource('aws:ecs/clusterCapacityProviders:ClusterCapacityProviders', 'RunnerClusterCapacity');
      const cluster = resource('aws:ecs/cluster:Cluster', 'RunnerCluster');
      const [strategy] = service.capacityProviderStrategies;
      expect(attached.capacityProviders).toEqual([strategy.capacityProvider]);
      expect(attached.clusterName).toBe(cluster.name);
      expect(service.cluster).toMatch(/RunnerCluster$/);
      expect(service.launchType).toBeUndefined();
    });

    test('machines start from zero, join the cluster, keep busy tasks and hide their credentials from containers', () => {
      const machines = resource('aws:autoscaling/group:Group', 'RunnerMachines');
      expect(machines).toMatchObject({ minSize: 0, maxSize: 4, protectFromScaleIn: true });
      expect(machines.mixedInstancesPolicy.instancesDistribution).toMatchObject({
        onDemandBaseCapacity: 0,
        onDemandPercentageAboveBaseCapacity: 0,
      });
      const { autoScalingGroupProvider } = resource('aws:ecs/capacityProvider:CapacityProvider', 'RunnerCapacity');
      expect(autoScalingGroupProvider).toMatchObject({
        managedTerminationProtection: 'ENABLED',
        managedDraining: 'ENABLED',
      });
      const template = resource('aws:ec2/launchTemplate:LaunchTemplate', 'RunnerTemplate');
      expect(template.metadataOptions).toMatchObject({ httpTokens: 'required', httpPutResponseHopLimit: 1 });
      expect(template.blockDeviceMappings[0].ebs).toMatchObject({ encrypted: 'true', deleteOnTermination: 'true' });
      const userData = Buffer.from(template.userData, 'base64').toString();
      expect(userData).toContain('ECS_CLUSTER=preheat-test-runner\n');
      expect(userData).toContain('ECS_ENABLE_SPOT_INSTANCE_DRAINING=true\n');
    });

    test('cannot be reached from outside', () => {
      expect(resource('aws:ec2/securityGroup:SecurityGroup', 'RunnerSecurityGroup').ingress).toEqual([]);
    });

    test('a task has one GPU, two minutes to stop, its settings, and may protect itself from scale-in', () => {
      const task = resource('aws:ecs/taskDefinition:TaskDefinition', 'RunnerTask');
      expect(task.requiresCompatibilities).toEqual(['EC2']);
      const [container] = JSON.parse(task.containerDefinitions);
      expect(container.resourceRequirements).toEqual([{ type: 'GPU', value: '1' }]);
      expect(container.stopTimeout).toBe(120);
      expect(container.healthCheck.command).toEqual(['CMD-SHELL', 'nvidia-smi -L || exit 1']);
      expect(container.image).toMatch(/\/runnerimages:/);
      const pairs = container.environment.map(({ name, value }: { name: string; value: string }) => [name, value]);
      const variables = Object.fromEntries(pairs);
      expect(readSettings(StoreSettings, variables).PREHEAT_QUEUE_URL).toMatch(/WorkQueue$/);
      expect(variables).toMatchObject({ AWS_REGION: MOCK_REGION, PREHEAT_RUNNER_EXECUTOR: 'auto' });
      // The API judges jobs by the class that the runner says it is, at its price.
      const api = environmentOf(infra.resources, /^ApiFunction$/).variables;
      const [judgedBy] = parseRunnerClasses(api['PREHEAT_RUNNER_CLASSES'] ?? '');
      expect(variables.PREHEAT_RUNNER_CLASS).toBe(judgedBy?.name);
      expect(judgedBy?.outbound).toBe(true);
      // Jobs are judged by what kills their container: its limit, with a decoder on each of the least machine's processors.
      expect(judgedBy?.host_memory_bytes).toBe(container.memory * 2 ** 20);
      expect(judgedBy?.rollout_workers).toBe(4);
      expect(judgedBy?.sampling_flops?.high).toBeLessThan(judgedBy?.flops.low ?? 0);
      expect(variables.PREHEAT_PRICE_PER_HOUR / 3600).toBeCloseTo(judgedBy?.price_per_second ?? 0, 9);
      // Both count on the same start of a machine, and on no more machines than may be started.
      expect(variables.PREHEAT_COLD_START_SECONDS).toBe('360');
      expect(api['PREHEAT_COLD_START_SECONDS']).toBe('360');
      expect(api['PREHEAT_MAX_RUNNERS']).toBe('4');
      const protection = ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'];
      expect(actionsOn(roles, 'RunnerTaskRole', ':task/preheat-test-runner/*')).toEqual(protection);
    });

    test('starts from zero, and the sweeper alone says how many there are, up to the ceiling', () => {
      expect(resource('aws:ecs/service:Service', 'RunnerService').desiredCount).toBe(0);
      expect(all(infra.resources, 'aws:appautoscaling/policy:Policy')).toEqual([]);
      const { variables } = environmentOf(infra.resources, /^SweeperHandlerFunction$/);
      expect(readSettings(FleetSettings, variables)).toMatchObject({
        PREHEAT_RUNNER_SERVICE: expect.stringMatching(/^preheat-test-runner\/.*RunnerService/i),
        PREHEAT_MAX_RUNNERS: '4',
        PREHEAT_COLD_START_SECONDS: '360',
      });
      const scaling = ['ecs:DescribeServices', 'ecs:UpdateService'];
      expect(actionsOn(roles, 'SweeperHandlerRole', ':service/preheat-test-runner/')).toEqual(scaling);
      const others = [...roles.keys()].filter((role) => role !== 'SweeperHandlerRole');
      for (const role of others) expect(actionsOn(roles, role, ':service/'), role).toEqual([]);
    });
  });
});
