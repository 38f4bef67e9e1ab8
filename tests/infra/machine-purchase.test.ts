/** How machines are bought under settings other than those that are deployed. */
import { describe, expect, test } from 'vitest';
import { machinePurchase } from '../../infra/machine-purchase.js';

const SETTINGS = {
  maxRunners: 4,
  instanceTypes: ['g5.xlarge', 'g4dn.xlarge'],
  onDemandBaseCapacity: 1,
  onDemandPercentAboveBase: 25,
  warmMachines: 0,
};

describe('machinePurchase', () => {
  test('mixes spot and on demand over all types', () => {
    expect(machinePurchase(SETTINGS, 'template')).toMatchObject({
      mixedInstancesPolicy: {
        launchTemplate: { overrides: [{ instanceType: 'g5.xlarge' }, { instanceType: 'g4dn.xlarge' }] },
        instancesDistribution: { onDemandBaseCapacity: 1, onDemandPercentageAboveBaseCapacity: 25 },
      },
    });
  });

  test('keeps stopped machines only in a group that is not mixed, which AWS would refuse', () => {
    const purchase = machinePurchase({ ...SETTINGS, warmMachines: 2 }, 'template');
    expect(purchase).not.toHaveProperty('mixedInstancesPolicy');
    expect(purchase).toMatchObject({
      launchTemplate: { id: 'template' },
      warmPool: { poolState: 'Stopped', minSize: 2, maxGroupPreparedCapacity: 4 },
    });
  });

  test('keeps no stopped machine where none may run', () => {
    const { warmPool } = machinePurchase({ ...SETTINGS, warmMachines: 2, maxRunners: 0 }, 'template');
    expect(warmPool).toMatchObject({ minSize: 0, maxGroupPreparedCapacity: 0 });
  });
});
