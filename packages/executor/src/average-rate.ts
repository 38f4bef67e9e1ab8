/**
 * How far an update moves the average towards the parameters, after `updates` earlier ones. The decay warms up, as in
 * TensorFlow's `ExponentialMovingAverage` with `num_updates`: `min(decay, (1 + updates) / (10 + updates))`, so that the
 * average leaves what was loaded within tens of updates whatever the decay, and always spans a fixed share of the run so far.
 */
export function averageRate(decay: number, updates: number): number {
  return 1 - Math.min(decay, (1 + updates) / (10 + updates));
}
