/**
 * How machines are bought: spot and on demand mixed over several types, or, with a pool of stopped ones that start sooner, on
 * demand and of one type, because AWS has no such pool for mixed groups.
 */
export interface PurchaseSettings {
  readonly maxRunners: number;
  readonly instanceTypes: readonly string[];
  readonly onDemandBaseCapacity: number;
  readonly onDemandPercentAboveBase: number;
  readonly warmMachines: number;
}

/** The part of an auto-scaling group's arguments that says so. */
export function machinePurchase<Id>(settings: PurchaseSettings, launchTemplateId: Id) {
  if (settings.warmMachines > 0) {
    return {
      launchTemplate: { id: launchTemplateId, version: '$Latest' },
      warmPool: {
        poolState: 'Stopped',
        // None is to be started where none may run.
        minSize: Math.min(settings.warmMachines, settings.maxRunners),
        maxGroupPreparedCapacity: settings.maxRunners,
        // ECS does not take machines back that are returned to a pool.
        instanceReusePolicy: { reuseOnScaleIn: false },
      },
    };
  }
  return {
    mixedInstancesPolicy: {
      launchTemplate: {
        launchTemplateSpecification: { launchTemplateId, version: '$Latest' },
        overrides: settings.instanceTypes.map((instanceType) => ({ instanceType })),
      },
      instancesDistribution: {
        onDemandBaseCapacity: settings.onDemandBaseCapacity,
        onDemandPercentageAboveBaseCapacity: settings.onDemandPercentAboveBase,
        spotAllocationStrategy: 'price-capacity-optimized',
      },
    },
  };
}
