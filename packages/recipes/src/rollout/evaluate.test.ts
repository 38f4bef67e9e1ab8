/** How many answers an evaluation asks for, and how they are drawn. */
import type { Trainer } from '@preheat/nn';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import type { RecipeContext, RolloutOptions, RolloutPrompt, Rollouts } from '../recipe.js';
import { evaluate } from './evaluate.js';

type Context = RecipeContext<Parameters<typeof evaluate>[1]['config']>;

/** An evaluation of three validation rows at version 4, and what it asked the sampler for. */
async function asked(config: Partial<Context['config']>) {
  const calls: { prompts: readonly RolloutPrompt[]; options: RolloutOptions }[] = [];
  const rollouts: Rollouts = {
    generate: async (prompts, options) => {
      calls.push({ prompts, options });
      const sample = {
        tokens: new Int32Array(),
        logProbs: new Float32Array(),
        finishReason: 'stop',
        policyVersion: 4,
      } as const;
      return prompts.map(() => sample);
    },
    updateWeights: async () => undefined,
  };
  const grade = { reward: 1, isFlagged: false, errors: {}, errorMessages: [] };
  const ctx = {
    config: {
      eval_interval: 1,
      eval_rows: 2,
      eval_samples: 1,
      temperature: 0.7,
      max_completion_tokens: 4,
      max_sequence_length: 32,
      ...config,
    },
    seed: 5,
    tokenizer: loadTokenizer(letterToSoundTokenizer()),
    modelConfig: { eos_token_id: 2 },
    validationRows: ['cat', 'dog', 'bed'].map((content) => ({ messages: [{ role: 'user', content }] })),
    rollouts,
    grader: { gradeAll: (samples: readonly unknown[]) => Promise.resolve(samples.map(() => grade)) },
    signal: new AbortController().signal,
  } as unknown as Context;
  const trainer = {
    weights: () => Promise.resolve(new Map()),
    withAverage: (work: () => Promise<void>) => work(),
  } as unknown as Trainer;
  const { completions, grades } = await evaluate(trainer, ctx, 4);
  const [call] = calls;
  return { completions, grades, prompts: call?.prompts.length, options: call?.options };
}

it('asks once for a greedy answer to each of the first rows', async () => {
  const { prompts, options } = await asked({});
  expect([prompts, options?.temperature]).toEqual([2, 0]);
});

it('samples several answers to each row where it is to, with random numbers of their own', async () => {
  const { prompts, options, completions, grades } = await asked({ eval_samples: 3 });
  expect([prompts, options?.temperature, grades.length]).toEqual([6, 0.7, 6]);
  expect(completions.map(({ row }) => row.messages[0]?.content)).toEqual(['cat', 'cat', 'cat', 'dog', 'dog', 'dog']);
  expect(options?.seed).toBe((await asked({ eval_samples: 2 })).options?.seed);
  expect(options?.seed).not.toBe(0);
});
