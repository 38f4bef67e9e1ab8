/** The policies of the comparison by their names. */
import { CounterRandom } from '@preheat/ports';
import { learnedPolicy, type Policy } from '@preheat/scheduler';
import {
  breakEven,
  fixedLinger,
  greedyDual,
  hybridHistogram,
  kedaSqs,
  knativeKpa,
  noLinger,
  rainbowCake,
  randomisedSkiRental,
} from '@preheat/scheduler/simulation';

const SEED = 7;

/** New ones for each run: a run must not depend on how many were made before it. */
export function policyNamed(name: string): Policy<unknown> {
  const make = POLICIES[name];
  const seconds = /^fixed-(\d+)$/.exec(name)?.[1];
  if (make) return make();
  if (seconds !== undefined) return anyMemory(fixedLinger(Number(seconds) * 1000));
  throw new Error(`--policy takes ${Object.keys(POLICIES).join(', ')} or fixed-<seconds>, not ${name}`);
}

const POLICIES: Readonly<Record<string, () => Policy<unknown>>> = {
  none: () => anyMemory(noLinger),
  'break-even': () => anyMemory(breakEven),
  'randomised-ski-rental': () => {
    const random = CounterRandom.fromSeed(SEED);
    return anyMemory(randomisedSkiRental(() => random.float()));
  },
  'hybrid-histogram': () => anyMemory(hybridHistogram),
  'rainbow-cake': () => anyMemory(rainbowCake),
  'greedy-dual': () => anyMemory(greedyDual),
  kpa: () => anyMemory(knativeKpa),
  keda: () => anyMemory(kedaSqs),
  learned: () => anyMemory(learnedPolicy),
};

/** A simulated run hands a policy only memories that the same policy made. */
export function anyMemory<M>(policy: Policy<M>): Policy<unknown> {
  return policy as unknown as Policy<unknown>;
}
