/** How far a ratio of sums over days could be off by chance: days are drawn again with replacement (Efron 1979). */
import { CounterRandom } from '@preheat/ports';
import { quantile } from './summary.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const DRAWS = 2_000;

/** 95 % interval of Σ numerator / Σ denominator. */
export function bootstrapRatio(numerators: readonly number[], denominators: readonly number[], seed: number): Interval {
  const random = CounterRandom.fromSeed(seed);
  const ratios = Float64Array.from({ length: DRAWS }, () => {
    let [above, below] = [0, 0];
    for (let draw = 0; draw < numerators.length; draw++) {
      const day = random.int(numerators.length);
      above += numerators[day] as number;
      below += denominators[day] as number;
    }
    return above / below;
  }).sort();
  return { low: quantile(ratios, 0.025), high: quantile(ratios, 0.975) };
}
