/** What is measured over a batch holds at the sizes that the schema allows, where no call takes an argument a completion. */
import type { Trainer } from '@preheat/nn';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import type { RecipeContext, RolloutOptions, RolloutPrompt, RolloutSample, TrainingRow } from '../recipe.js';
import { collect, type Completion } from './collect.js';
import { logProbMismatch } from './log-prob-mismatch.js';

const MANY = 300_000;

it('collects as many completions as an evaluation may ask for', async () => {
  const sample: RolloutSample = {
    tokens: new Int32Array(),
    logProbs: new Float32Array(),
    finishReason: 'stop',
    policyVersion: 1,
  };
  let asked: RolloutOptions | undefined;
  const ctx = {
    config: { max_completion_tokens: 100, max_sequence_length: 20 },
    tokenizer: loadTokenizer(letterToSoundTokenizer()),
    modelConfig: { eos_token_id: 2 },
    rollouts: {
      generate: async (prompts: readonly RolloutPrompt[], options: RolloutOptions) => {
        asked = options;
        return prompts.map(() => sample);
      },
    },
    signal: new AbortController().signal,
  } as unknown as RecipeContext<{ max_completion_tokens: number; max_sequence_length: number }>;
  const rows = ['a', 'cat'].map((content) => ({ messages: [{ role: 'user', content }] }) as TrainingRow);
  const completions = await collect(ctx, rows, { perRow: MANY / 2, temperature: 1, seed: 1, policyVersion: 1 });
  expect(completions).toHaveLength(MANY);
  // What the longest prompt leaves.
  expect(asked?.maxNewTokens).toBe(20 - (completions.at(-1)?.prompt.length ?? 0));
});

it('compares trainer and sampler over completions of any length', async () => {
  const sample = { tokens: new Int32Array(MANY), logProbs: new Float32Array(MANY) };
  const completion = { row: {}, prompt: Int32Array.of(1, 2), sample } as unknown as Completion;
  const trainer = {
    logProbs: async (rows: readonly Int32Array[]) =>
      rows.map(({ length }) => new Float32Array(length).fill(-0.25, length - 1)),
  } as unknown as Trainer;
  expect(await logProbMismatch(trainer, [completion, completion], 1)).toBe(0.25);
  // The last token, which alone differs, has no log-probability where nothing drew it.
  const forced = { ...completion, sample: { ...sample, forced: new Uint8Array(MANY).fill(1, MANY - 1) } };
  expect(await logProbMismatch(trainer, [forced as unknown as Completion], 1)).toBe(0);
});
