/**
 * Every recipe on TensorFlow.js with rollouts from ONNX Runtime, as on a GPU: training and decoding must agree on
 * log-probabilities, and the metrics must be those of a run on ONNX Runtime alone.
 */
import { createTfjsExecutor } from '@preheat/executor/tfjs';
import { expect, test } from 'vitest';
import { recipeNames, runPhase, runtimeOf, smokeOf, withPhase } from '../recipes/recipe-bench.js';
import { openAny } from './native-tensorflow.js';

const TOLERANCE = 1e-3;
const MAX_LOG_PROB_MISMATCH = 1e-4;

test.each(recipeNames)(
  '%s on TensorFlow.js has the metrics of ONNX Runtime',
  async (name) => {
    const phase = { recipe: name, config: smokeOf(name).config, seed: 11 };
    const reference = await withPhase(phase, (ctx) => runPhase(runtimeOf(name), ctx));
    const executor = createTfjsExecutor(await openAny());
    const actual = await withPhase(phase, (ctx) => runPhase(runtimeOf(name), { ...ctx, executor }));
    await executor.dispose();
    expect(actual.steps.map(({ tokens }) => tokens)).toEqual(reference.steps.map(({ tokens }) => tokens));
    actual.steps.forEach(({ metrics }, step) => {
      for (const [key, expected] of Object.entries(reference.steps[step]?.metrics ?? {})) {
        // Of time; of rounding alone; and counts of comparisons, in which rounding decides a tie.
        if (/second|logprob_mismatch|accuracy$|fraction$/.test(key)) continue;
        expect(Math.abs((metrics[key] ?? Number.NaN) - expected), `${key} in step ${step + 1}`).toBeLessThan(
          TOLERANCE * Math.max(1, Math.abs(expected)),
        );
      }
      const mismatch = metrics['max_logprob_mismatch'];
      if (mismatch !== undefined) expect(mismatch).toBeLessThan(MAX_LOG_PROB_MISMATCH);
    });
  },
  300_000,
);
