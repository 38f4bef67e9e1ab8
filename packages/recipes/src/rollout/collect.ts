/** Collect: completions of the current policy, each provably sampled from the weights just published. */
import { endTokenIds, invariant, listedTools } from '@preheat/contracts';
import {
  completionRecord,
  type DrawnSegments,
  reinforce,
  type SampledCompletion,
  type WeightedTokens,
} from '@preheat/nn';
import { type RowPrompt, rowPrompt, wholeAnswer } from '@preheat/tokenizer';
import type { RecipeContext, RepetitionLimit, RolloutSample, Rollouts, TrainingRow } from '../recipe.js';
import { type AnswerSegment, forksOf } from '../catalog/answer-segments.js';
import { StaleRolloutError } from '../training/stale-rollout-error.js';
import type { RolloutConfig, SamplingConfig } from '../catalog/rollout-keys.js';
import { drawnSegments, rolloutSegments } from './answer-segments.js';

/** One completion of a row's prompt. */
export interface Completion extends RowPrompt {
  readonly row: TrainingRow;
  readonly sample: RolloutSample;
  /** Of a completion drawn in segments. */
  readonly segments?: DrawnSegments;
  /** Tokens at the beginning of its sample that are those of another completion too, a fork before it; absent where there are none. */
  readonly repeated?: number;
}

/** A completion as a record is made of it. */
export const sampledCompletion = ({ prompt, sample, segments }: Completion): SampledCompletion => ({
  prompt,
  tokens: sample.tokens,
  logProbs: sample.logProbs,
  policyVersion: sample.policyVersion,
  ...(segments && { segments }),
});

/** What the completion says as a whole. */
export const answerTokens = ({ prefix, sample }: Pick<Completion, 'prefix' | 'sample'>): Int32Array =>
  wholeAnswer(prefix, sample.tokens);

/** The completion as a row to learn from whose advantages are not known yet. */
export const rowToLearn = (completion: Completion): WeightedTokens =>
  reinforce(completionRecord(sampledCompletion(completion), 0));

/** How completions for training are drawn, and answers to validation rows are not. */
export interface TrainingDraw {
  readonly repetition: RepetitionLimit | null;
  /** Key of a row with what its answer begins with; empty: none. */
  readonly prefixKey: string;
  /** Empty: one, drawn as the call says. */
  readonly segments: readonly AnswerSegment[];
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
  const { answer_segments: segments = [] } = config;
  return { repetition: count >= 2 ? { count, maxPattern } : null, prefixKey, segments };
}

/** The sampler, which every reinforcement phase is given. */
export function rolloutsOf(ctx: RecipeContext<RolloutConfig>): Rollouts {
  invariant(ctx.rollouts, 'this recipe needs rollouts: the runner supplies them to reinforcement phases');
  return ctx.rollouts;
}

/**
 * Samples `perRow` completions of every row; forks of one beginning are adjacent, and `perRow` is a multiple of them.
 * Completions are shortened to what the longest prompt leaves of `max_sequence_length`.
 * @throws StaleRolloutError when a sample came from other weights than those asked for.
 */
export async function collect(
  ctx: RecipeContext<RolloutConfig>,
  rows: readonly TrainingRow[],
  { perRow, temperature, seed, policyVersion, repetition = null, prefixKey = '', segments = [] }: CollectOptions,
): Promise<Completion[]> {
  const { config, tokenizer, modelConfig, signal } = ctx;
  const forks = forksOf(segments);
  const prompted = rows.flatMap((row): Omit<Completion, 'sample'>[] => {
    const begun = rowPrompt(tokenizer, { ...row, tools: listedTools(row) }, prefixKey);
    return Array.from({ length: perRow / forks }, () => ({ row, ...begun }));
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
      segments: rolloutSegments(tokenizer, segments, temperature),
      signal,
    },
  );
  invariant(samples.length === forks * prompted.length, `${samples.length} rollouts for ${prompted.length} prompts`);
  return samples.map((sample, i) => {
    const begun = prompted[Math.floor(i / forks)];
    invariant(begun, 'every rollout has a prompt');
    if (sample.policyVersion !== policyVersion) throw new StaleRolloutError(policyVersion, sample.policyVersion);
    const repeated = i % forks === 0 ? 0 : (sample.sharedTokens ?? 0);
    const drawn = drawnSegments(sample, segments, temperature, repeated);
    return { ...begun, sample, ...(drawn && { segments: drawn }), ...(repeated > 0 && { repeated }) };
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
