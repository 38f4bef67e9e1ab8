/** Collect: completions of the current policy, each provably sampled from the weights just published. */
import { endTokenIds, invariant, listedTools } from '@preheat/contracts';
import { completionRecord, reinforce, type WeightedTokens } from '@preheat/nn';
import { type RowPrompt, rowPrompt, wholeAnswer } from '@preheat/tokenizer';
import type { RecipeContext, RepetitionLimit, RolloutSample, Rollouts, TrainingRow } from '../recipe.js';
import { StaleRolloutError } from '../training/stale-rollout-error.js';
import type { RolloutConfig, SamplingConfig } from '../catalog/rollout-keys.js';

/** One completion of a row's prompt. */
export interface Completion extends RowPrompt {
  readonly row: TrainingRow;
  readonly sample: RolloutSample;
}

/** What the completion says as a whole. */
export const answerTokens = ({ prefix, sample }: Pick<Completion, 'prefix' | 'sample'>): Int32Array =>
  wholeAnswer(prefix, sample.tokens);

/** The completion as a row to learn from whose advantages are not known yet. */
export const rowToLearn = ({ prompt, sample }: Completion): WeightedTokens =>
  reinforce(completionRecord({ prompt, ...sample }, 0));

/** How completions for training are drawn, and answers to validation rows are not. */
export interface TrainingDraw {
  readonly repetition: RepetitionLimit | null;
  /** Key of a row with what its answer begins with; empty: none. */
  readonly prefixKey: string;
}

export interface CollectOptions extends Partial<TrainingDraw> {
  /** Completions of each row; those of one row are adjacent in the result. */
  readonly perRow: number;
  readonly temperature: number;
  readonly seed: number;
  readonly policyVersion: number;
}

/** How completions for training are drawn. Jobs made before the keys were there have none. */
export function trainingDraw(config: SamplingConfig): TrainingDraw {
  const { repetition_count: count, repetition_max_pattern: maxPattern, prefix_key: prefixKey = '' } = config;
  return { repetition: count >= 2 ? { count, maxPattern } : null, prefixKey };
}

/** The sampler, which every reinforcement phase is given. */
export function rolloutsOf(ctx: RecipeContext<RolloutConfig>): Rollouts {
  invariant(ctx.rollouts, 'this recipe needs rollouts: the runner supplies them to reinforcement phases');
  return ctx.rollouts;
}

/**
 * Samples `perRow` completions of every row. Completions are shortened to what the longest prompt leaves of
 * `max_sequence_length`. @throws StaleRolloutError when a sample came from other weights than those asked for.
 */
export async function collect(
  ctx: RecipeContext<RolloutConfig>,
  rows: readonly TrainingRow[],
  { perRow, temperature, seed, policyVersion, repetition = null, prefixKey = '' }: CollectOptions,
): Promise<Completion[]> {
  const { config, tokenizer, modelConfig, signal } = ctx;
  const prompted = rows.flatMap((row): Omit<Completion, 'sample'>[] => {
    const begun = rowPrompt(tokenizer, { ...row, tools: listedTools(row) }, prefixKey);
    return Array.from({ length: perRow }, () => ({ row, ...begun }));
  });
  const samples = await rolloutsOf(ctx).generate(
    prompted.map(({ prompt }, rowKey) => ({ tokens: prompt, rowKey })),
    {
      maxNewTokens: room(
        config,
        prompted.map(({ prompt }) => prompt.length),
      ),
      temperature,
      topP: 1,
      seed,
      stopIds: endTokenIds(modelConfig),
      repetition,
      signal,
    },
  );
  return prompted.map((begun, i) => {
    const sample = samples[i];
    invariant(sample, `${samples.length} rollouts for ${prompted.length} prompts`);
    if (sample.policyVersion !== policyVersion) throw new StaleRolloutError(policyVersion, sample.policyVersion);
    return { ...begun, sample };
  });
}

/** New tokens that fit beside the longest prompt. */
function room(config: RolloutConfig, promptLengths: readonly number[]): number {
  const longest = promptLengths.reduce((most, length) => Math.max(most, length), 0);
  const left = Math.min(config.max_completion_tokens, config.max_sequence_length - longest);
  if (left < 1) {
    const limit = `max_sequence_length (${config.max_sequence_length})`;
    throw new RangeError(`a prompt of ${longest} tokens leaves no room for a completion within ${limit}; shorten it`);
  }
  return left;
}
