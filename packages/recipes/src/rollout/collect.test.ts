import { completionRecord } from '@preheat/nn';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import type { RecipeContext, RolloutPrompt, TrainingRow } from '../recipe.js';
import { answerTokens, collect } from './collect.js';
import { rolloutMetrics } from './report.js';

const tokenizer = loadTokenizer(letterToSoundTokenizer());
const written = Int32Array.of(5, 6);

/** A policy that writes the same behind every prompt. */
const contextOf = (sample: object, forks = 1) =>
  ({
    config: { max_completion_tokens: 8, max_sequence_length: 64 },
    tokenizer,
    modelConfig: { eos_token_id: 2 },
    rollouts: {
      generate: async (prompts: readonly RolloutPrompt[]) =>
        prompts.flatMap(() =>
          Array.from({ length: forks }, () => ({
            tokens: written,
            logProbs: Float32Array.of(-1, -2),
            finishReason: 'length' as const,
            policyVersion: 3,
            ...sample,
          })),
        ),
    },
    signal: new AbortController().signal,
  }) as unknown as RecipeContext<{ max_completion_tokens: number; max_sequence_length: number }>;

it('has completions go on from what their row holds, which is part of the answer and not trained', async () => {
  const ctx = contextOf({});
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

it('tells what forks share of the first of them alone, so that it is learned from and measured once', async () => {
  const shared = { segmentNumbers: Uint8Array.of(0, 1), sharedTokens: 1 };
  const rows = [{ messages: [{ role: 'user', content: 'cat' }] }] as TrainingRow[];
  const segments = [{ max_tokens: 1, forks: 2 }, {}];
  const draw = { perRow: 4, temperature: 1, seed: 1, policyVersion: 3, segments };
  const completions = await collect(contextOf(shared, 2), rows, draw);
  expect(completions.map(({ repeated }) => repeated)).toEqual([undefined, 1, undefined, 1]);
  expect(completions.map((each) => [...(each.segments?.trained ?? [])])).toEqual([
    [1, 1],
    [0, 1],
    [1, 1],
    [0, 1],
  ]);
  const { sampled_entropy: entropy } = rolloutMetrics({ completions, grades: [] });
  expect(entropy).toBeCloseTo((1 + 2 + 2 + 1 + 2 + 2) / 6, 6);
});
