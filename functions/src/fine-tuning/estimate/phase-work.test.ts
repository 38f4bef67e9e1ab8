import { BASE_MODELS } from '@preheat/inference/model-registry';
import { baseConfig } from '@preheat/inference/stored-models';
import { recipeNamed } from '@preheat/recipes/catalog';
import { forwardFlops } from '@preheat/scheduler';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import { phaseWork } from './phase-work.js';

const model = baseConfig(BASE_MODELS[0] as never, loadTokenizer(letterToSoundTokenizer()));

function workOf(algorithm: string, keys: object) {
  const resolved = recipeNamed(algorithm)?.resolveConfig(
    { n_epochs: 1, batch_size: 10, ...keys },
    { rows: 100, model },
  );
  if (!resolved?.ok) throw new Error(JSON.stringify(resolved));
  const training = {
    rows: 100,
    tokenised_rows: 100,
    truncated_tokens: 0,
    max_sequence_length: 64,
    tokens: { total: 2000, max: 30 },
  };
  const phase = { type: recipeNamed(algorithm)?.phaseType, algorithm, config: resolved.value };
  return phaseWork(phase as never, model, { training: training as never, validation: null });
}

const tokensOf = (algorithm: string, keys: object) => workOf(algorithm, keys).tokens;

it('counts every token of every epoch where all rows are trained on', () => {
  expect(tokensOf('sft', {})).toEqual({ low: 2000, high: 2000 });
});

it('counts at the low end what a recipe trains on that chooses its rows', () => {
  expect(tokensOf('uds-batch', { keep_fraction: 0.25 })).toEqual({ low: 500, high: 2000 });
  const group = { group_size: 4, max_completion_tokens: 8 };
  expect(tokensOf('grpo', group)).toEqual({ low: 4 * (2000 + 100), high: 4 * (2000 + 800) });
  const [all, none] = [tokensOf('grpo', group), { low: 0, high: 4 * (2000 + 800) }];
  expect(tokensOf('rft-no-forget', group)).toEqual(none);
  expect(tokensOf('acereason-synergy', group)).toEqual(all);
  expect(tokensOf('acereason-synergy', { ...group, filter_rollouts: 4 })).toEqual(none);
  expect(tokensOf('ats-reward', group)).toEqual(all);
  expect(tokensOf('ats-reward', { ...group, collapse_fraction: 0.05 })).toEqual(none);
  expect(tokensOf('instruct-skillmix', {}).low).toBe(0);
  expect([tokensOf('s3ft', {}).low > 0, tokensOf('s3ft', { fallback: 'drop' }).low]).toEqual([true, 0]);
});

it('counts the trials of every row before the first step among the operations', () => {
  const keys = { group_size: 4, max_completion_tokens: 8, max_steps: 1 };
  const [without, tried] = [
    workOf('acereason-synergy', keys),
    workOf('acereason-synergy', { ...keys, filter_rollouts: 16 }),
  ];
  const forward = forwardFlops(model, 28);
  const more = tried.samplingFlops.high - without.samplingFlops.high;
  expect(more).toBeCloseTo(1.15 * 100 * 16 * 28 * forward, -3);
  expect(tried.samplingFlopsBefore.high).toBeCloseTo(more, -3);
  expect(tried.samplingFlops.low).toBeCloseTo(100 * 16 * 21 * forward, -3);
});

it('counts the rows that are left by pruning, and that every row is read before', () => {
  const [half, whole] = [workOf('sft', { prune_fraction: 0.5 }), workOf('sft', {})];
  expect([half.steps, whole.steps]).toEqual([5, 10]);
  expect(half.tokens).toEqual({ low: 900, high: 1100 });
  const perToken = whole.flops.low / 2000;
  expect(half.flops.low).toBeCloseTo(900 * perToken + 2000 * forwardFlops(model, 20), -3);
});

it('tells what is sampled from what is trained and scored', () => {
  const keys = { group_size: 4, max_completion_tokens: 8, max_steps: 1 };
  const [free, held, taught] = [workOf('grpo', keys), workOf('grpo', { ...keys, kl_beta: 0.1 }), workOf('sft', {})];
  const forward = forwardFlops(model, 28);
  expect(free.samplingFlops.high).toBeCloseTo(1.15 * free.tokens.high * forward, -3);
  expect([free.flops.low, held.flops.low]).toEqual([0, held.tokens.low * forward]);
  expect(held.samplingFlops).toEqual(free.samplingFlops);
  expect([taught.samplingFlops, taught.flops.low > 0]).toEqual([{ low: 0, high: 0 }, true]);
});
