/**
 * What one runner is: image, one GPU, environment, and what its process may do. Its role reaches the bucket, the queue
 * and its own scale-in protection, nothing else.
 */
import { coldStartSeconds, storeEnvironment } from './environment.js';
import { answer, deletePointers, ring, writeStore } from './permissions.js';
import { evaluationQueue, workQueue } from './queue.js';
import { cluster } from './runner-capacity.js';
import { runner as settings, runnerClass } from './settings.js';
import { isDisposable } from './stage.js';

const family = `${$app.name}-${$app.stage}-runner`.toLowerCase();

/** Immutable tags: what a job ran on can be named afterwards. Built from gpu-runner/Dockerfile (docs/deploy.md). */
export const images = new aws.ecr.Repository('RunnerImages', {
  name: family,
  imageTagMutability: 'IMMUTABLE',
  imageScanningConfiguration: { scanOnPush: true },
  forceDelete: isDisposable,
});

/** The first deployment creates the repository before any image exists; no task starts until a job is queued. */
const imageTag = process.env.PREHEAT_RUNNER_IMAGE_TAG ?? 'none-pushed-yet';

const assumedByTasks = aws.iam.assumeRolePolicyForPrincipal({ Service: 'ecs-tasks.amazonaws.com' });

/** Used by the ECS agent on the task's behalf: pull the image, write the log. */
const executionRole = new aws.iam.Role('RunnerExecutionRole', {
  assumeRolePolicy: assumedByTasks,
  managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'],
});

const { region } = aws.getRegionOutput();
const { accountId } = aws.getCallerIdentityOutput();
const ownTasks = $interpolate`arn:aws:ecs:${region}:${accountId}:task/${cluster.name}/*`;

const taskRole = new aws.iam.Role('RunnerTaskRole', { assumeRolePolicy: assumedByTasks });
new aws.iam.RolePolicy('RunnerTaskPolicy', {
  role: taskRole.name,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      ...writeStore,
      deletePointers,
      answer(workQueue),
      // For a job that it gives back: the next runner need not wait for the sweeper. And for a model that evaluation is to open.
      ring(workQueue, evaluationQueue),
      // A runner that works or stays warm protects its task, so that scaling in takes the others only.
      { actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'], resources: [ownTasks] },
    ],
  }).json,
});

export const runnerLogs = new aws.cloudwatch.LogGroup('RunnerLogs', {
  name: `/${$app.name}/${$app.stage}/runner`,
  retentionInDays: settings.logRetentionDays,
});

/** Lines of level error, counted. */
export const runnerErrors = { namespace: `${$app.name}/${$app.stage}`, metricName: 'RunnerErrors' } as const;
new aws.cloudwatch.LogMetricFilter('RunnerErrorLines', {
  logGroupName: runnerLogs.name,
  pattern: '{ $.level = "error" }',
  metricTransformation: { namespace: runnerErrors.namespace, name: runnerErrors.metricName, value: '1' },
});

const SECONDS_PER_HOUR = 3600;

/** Lambda sets AWS_REGION by itself; ECS on EC2 does not promise to. */
const environment = {
  ...storeEnvironment,
  AWS_REGION: region,
  PREHEAT_RUNNER_EXECUTOR: 'auto',
  PREHEAT_RUNNER_CLASS: runnerClass.name,
  PREHEAT_COLD_START_SECONDS: coldStartSeconds,
  PREHEAT_PRICE_PER_HOUR: (runnerClass.price_per_second * SECONDS_PER_HOUR).toFixed(6),
};

const container = {
  name: 'runner',
  image: $interpolate`${images.repositoryUrl}:${imageTag}`,
  essential: true,
  memory: settings.memoryMiB,
  stopTimeout: settings.stopTimeoutSeconds,
  resourceRequirements: [{ type: 'GPU', value: '1' }],
  // ECS ignores the image's own HEALTHCHECK. A GPU that fell off its bus stays lost until the task moves elsewhere.
  healthCheck: {
    command: ['CMD-SHELL', 'nvidia-smi -L || exit 1'],
    interval: 30,
    timeout: 10,
    retries: 3,
    startPeriod: 60,
  },
  environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
  logConfiguration: {
    logDriver: 'awslogs',
    options: { 'awslogs-group': runnerLogs.name, 'awslogs-region': region, 'awslogs-stream-prefix': 'runner' },
  },
};

export const task = new aws.ecs.TaskDefinition('RunnerTask', {
  family,
  requiresCompatibilities: ['EC2'],
  networkMode: 'bridge',
  executionRoleArn: executionRole.arn,
  taskRoleArn: taskRole.arn,
  containerDefinitions: $jsonStringify([container]),
});
