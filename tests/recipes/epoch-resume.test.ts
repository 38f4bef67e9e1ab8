/** A whole epoch, its short last batch and the first steps of the next: resumed at every step boundary, it is the straight run. */
import { describe, expect, it } from 'vitest';
import { expectExactResumes } from './exact-resume.js';

const ROWS = 20;
const BATCH = 3;
const STEPS_PER_EPOCH = 7;
const common = { batch_size: BATCH, n_epochs: 2, max_steps: STEPS_PER_EPOCH + 2, eval_interval: 4, eval_rows: 4 };
const sampled = { ...common, max_completion_tokens: 4 };

describe('an epoch resumed at every step boundary', () => {
  it.each<[string, object]>([
    ['sft', common],
    ['dpo', common],
    ['grpo', { ...sampled, group_size: 2 }],
    ['ppo', { ...sampled, samples_per_prompt: 2 }],
  ])('of %s equals the straight one bit for bit', async (recipe, config) => {
    const { steps } = await expectExactResumes({ recipe, config: { ...config }, seed: 7, rows: ROWS });
    expect(steps).toHaveLength(STEPS_PER_EPOCH + 2);
    // Each row was seen once before the first came again: the last batch of the epoch is the short one.
    const [last, before] = [steps[STEPS_PER_EPOCH - 1], steps[STEPS_PER_EPOCH - 2]];
    expect(last?.tokens).toBeLessThan(before?.tokens ?? 0);
  });
});
