/**
 * An executor that keeps what a step computed and throws the step away: the loss added up over its micro-batches and the
 * gradient of every tensor, before clipping. Parameters stay as they are.
 */
import type { Executor, Tensors, TrainingState } from '@preheat/executor';

export interface Measured {
  readonly loss: number;
  readonly gradients: Tensors;
}

export interface MeasuredExecutor {
  readonly executor: Executor;
  /** Of the last step. @throws Error when none was taken. */
  measured(): Measured;
}

export function measuredExecutor(inner: Executor): MeasuredExecutor {
  let last: Measured | undefined;
  const keep = (measured: Measured) => {
    last = measured;
  };
  return {
    executor: {
      name: inner.name,
      detail: inner.detail,
      holdsStored: inner.holdsStored,
      openTraining: async (layout, options) => measuredState(await inner.openTraining(layout, options), keep),
      compile: (program) => inner.compile(program),
      dispose: () => inner.dispose(),
    },
    measured() {
      if (!last) throw new Error('no step was taken');
      return last;
    },
  };
}

function measuredState(inner: TrainingState, keep: (measured: Measured) => void): TrainingState {
  let loss = 0;
  return {
    load: (state) => inner.load(state),
    read: () => inner.read(),
    prepare: (program) => inner.prepare(program),
    evaluate: (program, feeds) => inner.evaluate(program, feeds),
    gradientNorm: () => inner.gradientNorm(),
    discard: () => inner.discard(),
    withAverage: (work) => inner.withAverage(work),
    dispose: () => inner.dispose(),
    async accumulate(program, feeds) {
      const outputs = await inner.accumulate(program, feeds);
      loss += outputs['loss']?.[0] ?? Number.NaN;
      return outputs;
    },
    async update(options) {
      // Without memory the first moment is the gradient.
      const measuring = { learningRate: 0, beta1: 0, beta2: 0, weightDecay: 0, maxGradNorm: Number.POSITIVE_INFINITY };
      const report = await inner.update({ ...options, ...measuring });
      keep({ loss, gradients: (await inner.read()).firstMoment });
      loss = 0;
      return report;
    },
  };
}
