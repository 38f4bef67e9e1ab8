/** The deployment that starts no machine, as docs/deploy.md stops one: all else must go on. */
import { FleetSettings, readSettings } from '@preheat/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensurePlatform } from './platform.js';
import { environmentOf, only } from './resource-queries.js';
import { type Synthesis, synthesise } from './synth.js';

const platform = await ensurePlatform();
const title = platform.ready
  ? 'stopped'
  : 'stopped (skipped: the SST platform cannot be installed without the npm registry)';
const SETTINGS = { PREHEAT_MAX_RUNNERS: '0', PREHEAT_WARM_MACHINES: '1' };

describe.skipIf(!platform.ready)(title, () => {
  let infra: Synthesis;

  beforeAll(async () => {
    Object.assign(process.env, SETTINGS);
    infra = await synthesise('test', { ApiKeyHashes: `${'ab'.repeat(32)}:project-1` });
  });
  afterAll(() => {
    for (const name of Object.keys(SETTINGS)) delete process.env[name];
  });

  test.each([/^ApiFunction$/, /^InferenceFunction$/, /^SweeperHandlerFunction$/])(
    '%s starts, and counts on no machine',
    (name) => {
      const { variables } = environmentOf(infra.resources, name);
      expect(readSettings(FleetSettings, variables).PREHEAT_MAX_RUNNERS).toBe('0');
    },
  );

  test('the group takes no machine, not even a stopped one, and the step of scaling is one that AWS takes', () => {
    const group = only(infra.resources, 'aws:autoscaling/group:Group', 'RunnerMachines');
    expect(group).toMatchObject({ minSize: 0, maxSize: 0, warmPool: { minSize: 0, maxGroupPreparedCapacity: 0 } });
    const capacity = only(infra.resources, 'aws:ecs/capacityProvider:CapacityProvider', 'RunnerCapacity');
    expect(capacity.autoScalingGroupProvider.managedScaling.maximumScalingStepSize).toBe(1);
  });
});

test.each([
  ['PREHEAT_MAX_RUNNERS', 'none', 'must be a whole number from 0 to 9999, got "none"'],
  ['PREHEAT_EVALUATIONS_AT_A_TIME', '1', 'must be a whole number from 2 to 1000, got "1"'],
  ['PREHEAT_BUDGET_DOLLARS', '0', 'must be a whole number from 1 to 1000000, got "0"'],
  ['PREHEAT_RUNNER_NETWORK', 'Private', 'must be public or private, got "Private"'],
  ['PREHEAT_SNAP_START', 'yes', 'must be None or PublishedVersions, got "yes"'],
  ['PREHEAT_ON_BUDGET', 'kill', 'must be checkpoint or finish, got "kill"'],
])('%s of %j is refused by name before anything is deployed', async (name, value, problem) => {
  vi.resetModules();
  process.env[name] = value;
  try {
    await expect(import('../../infra/settings.js')).rejects.toThrow(`${name} ${problem}`);
  } finally {
    delete process.env[name];
  }
});
