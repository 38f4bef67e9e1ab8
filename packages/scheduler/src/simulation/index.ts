/** The simulator, the policies that ours are compared with, the bounds, and the traces. Never loaded in production. */
export { bootstrapRatio, type Interval } from './bootstrap.js';
export { breakEven, fixedLinger, noLinger, randomisedSkiRental } from './baselines/fixed-linger.js';
export { greedyDual } from './baselines/greedy-dual.js';
export { hybridHistogram } from './baselines/hybrid-histogram.js';
export { kedaSqs } from './baselines/keda-sqs.js';
export { knativeKpa } from './baselines/knative-kpa.js';
export { rainbowCake } from './baselines/rainbow-cake.js';
export { clairvoyantFloor, keepAliveOracle } from './oracles/keep-alive-oracle.js';
export { cappedPoolOracle, mostAtOnce, sharedPoolOracle } from './oracles/path-cover-oracle.js';
export { costOf, simulate, simulateSecondHalf } from './simulate.js';
export { constantMs, type Duration, type SimulationOptions } from './simulation-options.js';
export { quantile, summarise, type Summary } from './summary.js';
export { genTd26 } from './traces/gen-td26.js';
export { philly } from './traces/philly.js';
export { halves, type Halves, type Job, workload, type Workload } from './workload.js';
