/** Collect: completions of the current policy, each provably sampled from the weights just published. */
import { endTokenIds, invariant, listedTools } from '@preheat/contracts';
import type { RecipeContext, RepetitionLimit, RolloutSample, Rollouts, TrainingRow } from '../recipe.js';
import { StaleRolloutError } from '../training/stale-rollout-error.js';
import type { RepetitionConfig, RolloutConfig } from '../catalog/rollout-keys.js';

/** One completion of a row's prompt. */
export interface Completion {
  readonly row: TrainingRow;
  readonly prompt: Int32Array;
  readonly sample: RolloutSample;
}

export interface CollectOptions {
  /** Completions of each row; those of one row are adjacent in the result. */
  readonly perRow: number;
  readonly temperature: number;
  readonly seed: number;
  readonly policyVersion: number;
  /** Default: none, as whoever is served the policy sees it. */
  readonly repetition?: RepetitionLimit | null;
}

/** Null where completions may repeat themselves. */
export function repetitionLimit(config: RepetitionConfig): RepetitionLimit | null {
  const { repetition_count: count, repetition_max_pattern: maxPattern } = config;
  return count >= 2 ? { count, maxPattern } : null;
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
  { perRow, temperature, seed, policyVersion, repetition = null }: CollectOptions,
): Promise<Completion[]> {
  const { config, tokenizer, modelConfig, signal } = ctx;
  const prompted = rows.flatMap((row) => {
    const prompt = tokenizer.encodePrompt(row.messages, { tools: listedTools(row) });
    return Array.from({ length: perRow }, () => ({ row, prompt }));
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
  return prompted.map(({ row, prompt }, i) => {
    const sample = samples[i];
    invariant(sample, `${samples.length} rollouts for ${prompted.length} prompts`);
    if (sample.policyVersion !== policyVersion) throw new StaleRolloutError(policyVersion, sample.policyVersion);
    return { row, prompt, sample };
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
