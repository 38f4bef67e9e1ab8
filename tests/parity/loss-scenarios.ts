/**
 * What the losses are compared on: recipes with their options, on batches made from a seed. Each is a config of a recipe
 * for us and, in trl's own terms, a batch of token ids for the peer.
 */
import type { DecoderConfig, DecoderConfigOf, PreferenceRow } from '@preheat/contracts';
import { CounterRandom, type Random } from '@preheat/ports';
import type { TrainingRow } from '@preheat/recipes';
import { modelConfig, tokenizer } from '../recipes/reversal-task.js';

export type Keys = Readonly<Record<string, unknown>>;

/** Untied, and with biases. */
const qwen2: DecoderConfig = {
  ...(modelConfig as DecoderConfigOf<'llama'>),
  model_type: 'qwen2',
  tie_word_embeddings: false,
  sliding_window: null,
  layer_types: ['full_attention', 'full_attention'],
};
export const MODELS = { llama: modelConfig, qwen2 } as const satisfies Record<string, DecoderConfig>;

interface Scenario {
  readonly name: string;
  readonly model: keyof typeof MODELS;
  readonly config: Keys;
  /** Tokens of a micro-batch of ours; undefined for the trainer's default. */
  readonly microBatchTokens?: number;
}

export interface SftScenario extends Scenario {
  readonly rows: readonly TrainingRow[];
  readonly hasAdapter?: boolean;
  /** Rows that trl computes at a time. */
  readonly deviceBatch: number;
}

export interface GrpoScenario extends Scenario {
  readonly prompts: readonly TrainingRow[];
  /** Tokens, as the policy that sampled is said to have drawn them, group after group. */
  readonly completions: readonly (readonly number[])[];
  /** By completion; null where the grader failed. */
  readonly rewards: readonly (number | null)[];
  /** What the sampler is said to have found less likely (below 0) or likelier than the policy, by token. */
  readonly offPolicy: readonly (readonly number[])[];
  readonly trl: Keys;
}

const LETTERS = [...'abcde'];
const word = (random: Random, length: number): string =>
  Array.from({ length }, () => LETTERS[random.int(LETTERS.length)] ?? 'a').join('');
const spoken = (text: string): string => [...text].reverse().join(' ').toUpperCase();

/** Conversations of one to three turns of uneven length; some answers are shown but not trained. */
function chatRows(seed: number, count: number): TrainingRow[] {
  const random = CounterRandom.fromSeed(seed);
  return Array.from({ length: count }, (_, row) => ({
    messages: Array.from({ length: 1 + (row % 3) }, (_turn, turn) => {
      const question = word(random, 1 + random.int(3));
      const weight = row % 4 === 2 && turn === 0 ? { weight: 0 as const } : {};
      return [
        { role: 'user' as const, content: question },
        { role: 'assistant' as const, content: spoken(question), ...weight },
      ];
    }).flat(),
  }));
}

const sft = (name: string, keys: Partial<SftScenario>): SftScenario => ({
  name,
  model: 'llama',
  rows: chatRows(5, 7),
  config: {},
  deviceBatch: 7,
  ...keys,
});

export const SFT_SCENARIOS: readonly SftScenario[] = [
  sft('turns of several lengths, some masked', {}),
  sft('untied qwen2', { model: 'qwen2', rows: chatRows(6, 5) }),
  sft('rows cut at the longest sequence', { config: { max_sequence_length: 12 } }),
  sft('micro-batches on both sides', { deviceBatch: 2, microBatchTokens: 16 }),
  sft('an adapter', { hasAdapter: true, config: { lora_rank: 4 } }),
];

export const GROUP = 4;
const PROMPTS = 4;
/** Ratios from 0.55 to 1.8: both clips act, on both signs of the advantage. */
const MAX_OFF_POLICY = 0.6;

function grpo(
  name: string,
  { config, ...keys }: Partial<GrpoScenario>,
  options: { onPolicy?: boolean } = {},
): GrpoScenario {
  const random = CounterRandom.fromSeed(name);
  const end = tokenizer.specialIds.eos ?? 0;
  const completions = Array.from({ length: PROMPTS * GROUP }, (_, i) => {
    // Its two first letters are its number, so that no text occurs twice.
    const text = spoken(word(random, random.int(3)) + LETTERS[i % 5] + LETTERS[Math.floor(i / 5)]);
    return [...tokenizer.encode(text), ...(i % 3 === 0 ? [] : [end])];
  });
  const uneven = () => MAX_OFF_POLICY * (2 * random.float() - 1);
  return {
    name,
    model: 'llama',
    // trl's longest completion is that of the batch.
    config: { max_completion_tokens: Math.max(...completions.map(({ length }) => length)), ...config },
    prompts: Array.from({ length: PROMPTS }, (_, i) => ({
      messages: [{ role: 'user' as const, content: LETTERS.slice(0, i + 1).join('') }],
    })),
    completions,
    // The second group has no variance; in the third one grade is missing.
    rewards: completions.map((_, i) => (i >= GROUP && i < 2 * GROUP ? 0.5 : i === 9 ? null : random.float())),
    offPolicy: completions.map((tokens) => tokens.map(() => (options.onPolicy ? 0 : uneven()))),
    trl: {},
    ...keys,
  };
}

// By default trl multiplies the KL estimate by the ratio; ours is that of the paper (Shao et al. 2024, eq. 4).
const dapo = { loss_type: 'dapo', use_bias_correction_kl: false };
export const GRPO_SCENARIOS: readonly GrpoScenario[] = [
  grpo('on policy', { trl: dapo }, { onPolicy: true }),
  grpo('asymmetric clip', { trl: { ...dapo, epsilon: 0.2, epsilon_high: 0.28 } }),
  grpo('symmetric clip, loss_type bnpo', {
    config: { clip_low: 0.3, clip_high: 0.3 },
    trl: { loss_type: 'bnpo', epsilon: 0.3, epsilon_high: 0.3 },
  }),
  grpo('advantages of Dr. GRPO', { config: { normalise_std: false }, trl: { ...dapo, scale_rewards: 'none' } }),
  grpo('KL penalty', { config: { kl_beta: 0.1 }, trl: { ...dapo, beta: 0.1 } }),
  grpo('KL penalty, advantages of Dr. GRPO, temperature 0.7', {
    model: 'qwen2',
    config: { kl_beta: 0.04, normalise_std: false, temperature: 0.7 },
    trl: { ...dapo, beta: 0.04, scale_rewards: 'none', temperature: 0.7 },
  }),
  grpo('dual clip', { config: { dual_clip: 1.4 }, trl: { ...dapo, delta: 1.4 } }),
  grpo('entropy bonus', { config: { entropy_bonus: 0.05 }, trl: { ...dapo, entropy_coef: 0.05 } }),
  grpo('truncated completions left out', {
    config: { mask_truncated: true },
    trl: { ...dapo, loss_type: 'bnpo', mask_truncated_completions: true },
  }),
  grpo('mean of sequences, loss_type grpo', {
    microBatchTokens: 24,
    config: { loss_aggregation: 'sequence' },
    trl: { ...dapo, loss_type: 'grpo' },
  }),
  grpo('constant length, loss_type dr_grpo', {
    config: { loss_aggregation: 'constant', normalise_std: false },
    trl: { ...dapo, loss_type: 'dr_grpo', scale_rewards: 'none' },
  }),
  grpo('KL penalty, in micro-batches', {
    microBatchTokens: 24,
    config: { kl_beta: 0.2, clip_low: 0.1, clip_high: 0.5 },
    trl: { ...dapo, beta: 0.2, epsilon: 0.1, epsilon_high: 0.5 },
  }),
];

export interface PpoScenario extends Omit<GrpoScenario, 'trl'> {
  /** Of the value head, which must say something for its error to reach the trunk. */
  readonly head: readonly number[];
  /** What the peer reads of the config. */
  readonly keys: Keys;
}

function ppo(
  name: string,
  keys: Keys,
  options: Partial<Pick<Scenario, 'model' | 'microBatchTokens'>> = {},
): PpoScenario {
  const { trl: _, ...scenario } = grpo(name, options);
  const random = CounterRandom.fromSeed(`${name} head`);
  const head = Array.from({ length: modelConfig.hidden_size }, () => random.float() - 0.5);
  const all = {
    temperature: 1,
    clip_ratio: 0.2,
    gamma: 1,
    gae_lambda: 0.95,
    kl_beta: 0,
    value_coefficient: 0.5,
    ...keys,
  };
  return { ...scenario, config: { ...all, epochs_per_batch: 1 }, head, keys: all };
}

export const PPO_SCENARIOS: readonly PpoScenario[] = [
  ppo('without a reference, in micro-batches', {}, { microBatchTokens: 24 }),
  ppo(
    'KL in the reward, discounted, temperature 0.7',
    { kl_beta: 0.1, gamma: 0.9, gae_lambda: 0.8, temperature: 0.7 },
    { model: 'qwen2' },
  ),
];

export interface DpoScenario extends Scenario {
  readonly pairs: readonly PreferenceRow[];
  readonly hasAdapter?: boolean;
  readonly trl: Keys;
}

/** Conversations whose last answers differ in length and text; earlier answers are given. */
function pairs(seed: number, count: number): PreferenceRow[] {
  const random = CounterRandom.fromSeed(seed);
  const said = (content: string) => [{ role: 'assistant' as const, content }];
  return chatRows(seed, count).map(({ messages }) => ({
    input: { messages: messages.slice(0, -1) },
    preferred_output: said(messages.at(-1)?.content ?? ''),
    non_preferred_output: said(spoken(word(random, 1 + random.int(4)))),
  }));
}

const dpo = (name: string, keys: Partial<DpoScenario>): DpoScenario => ({
  name,
  model: 'llama',
  pairs: pairs(8, 6),
  config: {},
  trl: { beta: 0.1 },
  ...keys,
});

export const DPO_SCENARIOS: readonly DpoScenario[] = [
  dpo('answers of several lengths', {}),
  dpo('a large beta, in micro-batches', { config: { beta: 1.5 }, trl: { beta: 1.5 }, microBatchTokens: 24 }),
  dpo('untied qwen2', { model: 'qwen2', pairs: pairs(9, 5) }),
  dpo('loss_type ipo', { config: { loss_type: 'ipo', beta: 0.3 }, trl: { loss_type: 'ipo', beta: 0.3 } }),
  dpo('an adapter', { hasAdapter: true, config: { lora_rank: 4 } }),
];
