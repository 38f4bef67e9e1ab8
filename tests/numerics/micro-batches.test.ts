/**
 * A batch computed in micro-batches of few tokens has the loss and the gradients of the batch in one piece, through whole
 * recipes: masks, denominators, advantages and the KL penalty included.
 */
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { afterAll, describe, expect, it } from 'vitest';
import { largest, largestDifference } from '../parity/comparison.js';
import { GRPO_SCENARIOS, SFT_SCENARIOS } from '../parity/loss-scenarios.js';
import { measureStep, type RecipeStep } from '../parity/recipe-step.js';
import { grpoStep, sftStep } from '../parity/scenario-steps.js';

/** Of the largest element of the gradient; float32 itself rounds to 6e-8. */
const TOLERANCE = 1e-6;
/** One row of most. */
const FEW_TOKENS = 16;
const MANY_TOKENS = 65_536;

const executor = createOnnxExecutor({ threads: 1 });
afterAll(() => executor.dispose());

const steps: Record<string, RecipeStep> = {
  ...Object.fromEntries(SFT_SCENARIOS.map((scenario) => [`sft, ${scenario.name}`, sftStep(scenario)])),
  // The sampler is said to have drawn every token with a probability of a tenth, more or less.
  ...Object.fromEntries(
    GRPO_SCENARIOS.map((scenario) => [
      `grpo, ${scenario.name}`,
      grpoStep(
        scenario,
        scenario.offPolicy.map((row) => row.map((drift) => Math.log(0.1) + drift)),
      ),
    ]),
  ),
};

describe('accumulated over micro-batches, a step', () => {
  it.each(Object.entries(steps))('of %s equals that of the batch in one piece', async (_, step) => {
    const whole = await measureStep(executor, { ...step, microBatchTokens: MANY_TOKENS });
    const parts = await measureStep(executor, { ...step, microBatchTokens: FEW_TOKENS });
    expect(Math.abs(parts.loss - whole.loss)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(whole.loss)));
    const scale = Math.max(...Object.values(whole.gradients).map(largest));
    expect(scale).toBeGreaterThan(1e-3);
    expect(Object.keys(parts.gradients)).toEqual(Object.keys(whole.gradients));
    for (const [name, gradient] of Object.entries(whole.gradients)) {
      expect(largestDifference(parts.gradients[name] ?? [], gradient) / scale, name).toBeLessThan(TOLERANCE);
    }
  });
});
