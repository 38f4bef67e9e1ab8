/** Every setting that the platform reads reaches it on AWS, or is said here not to be for AWS, and why. */
import {
  ApiSettings,
  BudgetSettings,
  FleetSettings,
  GraderSettings,
  RunnerSettings,
  StoreSettings,
} from '@preheat/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensurePlatform } from './platform.js';
import { environmentOf, only } from './resource-queries.js';
import { type Synthesis, synthesise } from './synth.js';

const platform = await ensurePlatform();
const title = platform.ready
  ? 'what whoever deploys sets'
  : 'what whoever deploys sets (skipped: the SST platform cannot be installed without the npm registry)';

const SETTINGS = {
  PREHEAT_JOBS_PER_PROJECT: '2',
  PREHEAT_JOBS_OF_PROJECTS: 'big:8',
  PREHEAT_REQUESTS_PER_MINUTE: '600',
  PREHEAT_TRUSTED_PROXIES: '10.0.0.0/8',
  PREHEAT_GRADER_HOSTS: 'grader.internal',
  PREHEAT_EMBEDDINGS_URL: 'https://embeddings.example/v1',
  PREHEAT_EMBEDDINGS_MODEL: 'embedder',
  PREHEAT_EMBEDDINGS_API_KEY: 'sk-embeddings',
  PREHEAT_WEBHOOK_TARGETS: 'public',
  PREHEAT_ORPHAN_GRACE_MS: '3600000',
  PREHEAT_LOG_LEVEL: 'warn',
};

const NOT_ON_AWS = new Map([
  ...['PREHEAT_DATA_DIR', 'PREHEAT_PORT', 'PREHEAT_HOST', 'PREHEAT_DASHBOARD_DIR'].map(
    (name) => [name, 'of the embedded server'] as const,
  ),
  ...[
    'PREHEAT_MICRO_BATCH_TOKENS',
    'PREHEAT_ROLLOUT_PROVIDER',
    'PREHEAT_GPU_MEMORY_GROWTH',
    'PREHEAT_GPU_ALLOCATOR',
    'PREHEAT_GPU_TF32',
    'PREHEAT_GPU_MEMORY_LIMIT_MIB',
  ].map((name) => [name, 'the class that jobs are judged by counts on what the runner does by itself'] as const),
  ['PREHEAT_RUNNER_ID', 'drawn by each task'],
  ['PREHEAT_RUNNER_EXIT_WHEN_IDLE', 'the service takes idle tasks away'],
  ['PREHEAT_LEASE_TTL_MS', 'for tests'],
  ['PREHEAT_SPOT_NOTICE_URL', 'that of EC2 is known'],
]);

const known = [StoreSettings, FleetSettings, ApiSettings, GraderSettings, RunnerSettings, BudgetSettings].flatMap(
  (schema) =>
    Object.keys((schema as unknown as { properties: object }).properties).filter((name) => name.startsWith('PREHEAT_')),
);

const FUNCTIONS = [
  /^ApiFunction$/,
  /^InferenceFunction$/,
  /^SweeperHandlerFunction$/,
  /^EvaluationRuns.*Function$/,
  /^BudgetGuardFunction$/,
];

describe.skipIf(!platform.ready)(title, () => {
  let infra: Synthesis;
  beforeAll(async () => {
    Object.assign(process.env, SETTINGS);
    infra = await synthesise('test', { ApiKeyHashes: `${'ab'.repeat(32)}:project-1` });
  });
  afterAll(() => {
    for (const name of Object.keys(SETTINGS)) delete process.env[name];
  });

  function ofRunner(): Record<string, string> {
    const { containerDefinitions: given } = only(
      infra.resources,
      'aws:ecs/taskDefinition:TaskDefinition',
      'RunnerTask',
    );
    const text = (typeof given === 'string' ? given : given.value) as string;
    const [{ environment }] = JSON.parse(text) as [{ environment: { name: string; value: string }[] }];
    return Object.fromEntries(environment.map(({ name, value }) => [name, value]));
  }

  test.each(FUNCTIONS)('reaches %s', (name) => {
    expect(environmentOf(infra.resources, name).variables).toMatchObject(SETTINGS);
  });

  test('reaches runners', () => {
    expect(ofRunner()).toMatchObject(SETTINGS);
  });

  test('is every setting there is, but for those that are not for AWS', () => {
    const functions = FUNCTIONS.map((name) => environmentOf(infra.resources, name).variables);
    const passed = new Set([...functions, ofRunner()].flatMap((variables) => Object.keys(variables)));
    expect(known.filter((name) => !passed.has(name) && !NOT_ON_AWS.has(name))).toEqual([]);
    expect([...NOT_ON_AWS.keys()].filter((name) => passed.has(name) || !known.includes(name))).toEqual([]);
  });
});
