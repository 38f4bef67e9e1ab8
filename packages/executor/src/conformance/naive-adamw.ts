// AdamW as the paper writes it, in double precision: the oracle for the optimisers of the executors.

import type { Tensors, UpdateOptions } from '../executor.js';

export interface NaiveAdamW {
  readonly parameters: Record<string, Float64Array>;
  readonly firstMoment: Record<string, Float64Array>;
  readonly secondMoment: Record<string, Float64Array>;
  /** Takes one step and returns the norm of the scaled gradient before clipping. */
  update(gradient: (name: string) => Float64Array): number;
}

/** Loshchilov & Hutter 2019, algorithm 2, after clipping by global norm. */
export function naiveAdamW(
  decay: Readonly<Record<string, 'decays' | 'does not decay'>>,
  start: Tensors,
  options: UpdateOptions,
): NaiveAdamW {
  const names = Object.keys(decay);
  const each = (make: (name: string) => Float64Array) => Object.fromEntries(names.map((name) => [name, make(name)]));
  const zeros = () => each((name) => new Float64Array(start[name]?.length ?? 0));
  const parameters = each((name) => Float64Array.from(start[name] ?? []));
  const [firstMoment, secondMoment] = [zeros(), zeros()];
  const { learningRate, beta1, beta2, epsilon, weightDecay, maxGradNorm, gradientScale } = options;
  let step = 0;
  return {
    parameters,
    firstMoment,
    secondMoment,
    update(gradient) {
      step++;
      const norm = gradientScale * Math.hypot(...names.flatMap((name) => [...gradient(name)]));
      const factor = gradientScale * Math.min(1, maxGradNorm / (norm + 1e-6));
      for (const name of names) {
        const [p, m, v] = [parameters[name], firstMoment[name], secondMoment[name]];
        if (!p || !m || !v) throw new Error(`no parameter ${name}`);
        gradient(name).forEach((unscaled, i) => {
          const g = factor * unscaled;
          const mean = beta1 * (m[i] ?? 0) + (1 - beta1) * g;
          const square = beta2 * (v[i] ?? 0) + (1 - beta2) * g * g;
          const direction = mean / (1 - beta1 ** step) / (Math.sqrt(square / (1 - beta2 ** step)) + epsilon);
          const shrink = decay[name] === 'decays' ? learningRate * weightDecay : 0;
          [m[i], v[i]] = [mean, square];
          p[i] = (p[i] ?? 0) * (1 - shrink) - learningRate * direction;
        });
      }
      return norm;
    },
  };
}
