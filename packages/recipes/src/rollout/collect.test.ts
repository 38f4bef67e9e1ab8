import { completionRecord } from '@preheat/nn';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import type { RecipeContext, RolloutPrompt, TrainingRow } from '../recipe.js';
import { answerTokens, collect } from './collect.js';

const tokenizer = loadTokenizer(letterToSoundTokenizer());
const written = Int32Array.of(5, 6);

it('has completions go on from what their row holds, which is part of the answer and not trained', async () => {
  const ctx = {
    config: { max_completion_tokens: 8, max_sequence_length: 64 },
    tokenizer,
    modelConfig: { eos_token_id: 2 },
    rollouts: {
      generate: async (prompts: readonly RolloutPrompt[]) =>
        prompts.map(() => ({
          tokens: written,
          logProbs: Float32Array.of(-1, -2),
          finishReason: 'length' as const,
          policyVersion: 3,
        })),
    },
    signal: new AbortController().signal,
  } as unknown as RecipeContext<{ max_completion_tokens: number; max_sequence_length: number }>;
  const messages = [{ role: 'user', content: 'cat' }];
  const rows = [{ messages, begun: 'K AE' }, { messages }] as TrainingRow[];
  const draw = { perRow: 1, temperature: 1, seed: 1, policyVersion: 3, prefixKey: 'begun' };
  const [begun, plain] = await collect(ctx, rows, draw);
  if (!begun || !plain) throw new Error('one completion a row');

  const prefix = [...tokenizer.encode('K AE')];
  expect([...begun.prompt]).toEqual([...plain.prompt, ...prefix]);
  expect([...answerTokens(begun)]).toEqual([...prefix, 5, 6]);
  expect([...answerTokens(plain)]).toEqual([5, 6]);
  const { trainMask } = completionRecord({ prompt: begun.prompt, ...begun.sample }, 1);
  expect([...trainMask]).toEqual([...begun.prompt.map(() => 0), 1, 1]);
});
