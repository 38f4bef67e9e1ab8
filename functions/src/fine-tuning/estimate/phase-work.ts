/** How much a phase trains: steps, tokens as usage counts them, operations; ranges wherever completions decide. */
import type { DecoderConfig, PreflightData, ResolvedPhase } from '@preheat/contracts';
import { recipeNamed } from '@preheat/recipes/catalog';
import { forwardFlops, type Range, trainingFlops } from '@preheat/scheduler';

export interface PhaseWork {
  readonly steps: number;
  readonly tokens: Range;
  /** Of what is trained and scored. */
  readonly flops: Range;
  /** Of those: before the first step. */
  readonly flopsBefore: Range;
  /** Of what is sampled. */
  readonly samplingFlops: Range;
  /** Of those of sampling: before the first step. */
  readonly samplingFlopsBefore: Range;
  /** Tokens of the longest sequence that is trained on. */
  readonly longest: number;
  /** Sequences of one optimiser step. */
  readonly sequencesPerStep: number;
}

/** Padding to shapes that are compiled once, at the most. */
const PADDING = 1.15;
/** Which rows are drawn when not all epochs are trained, and which were counted when not all were. */
const DRAWN = 0.1;

export function phaseWork(
  { type, algorithm, config }: Pick<ResolvedPhase, 'type' | 'algorithm' | 'config'>,
  model: DecoderConfig,
  { training, validation }: { readonly training: PreflightData; readonly validation: PreflightData | null },
): PhaseWork {
  const number = (key: string, otherwise: number): number => Number(config[key] ?? otherwise);
  const rows = Math.max(1, training.rows);
  const steps = recipeNamed(algorithm)?.totalSteps(config, training.rows) ?? 0;
  const epochs = number('n_epochs', 1);
  const batch = number('batch_size', 1);
  const drawn = Math.min(steps * batch, epochs * rows);
  const isExact = drawn === epochs * rows && training.tokenised_rows >= rows;
  const spread = isExact ? 0 : DRAWN;
  const completions = type === 'reinforcement' ? number('group_size', 1) : 1;
  const completion = type === 'reinforcement' ? { low: 1, high: number('max_completion_tokens', 1) } : NONE;
  const mean = (training.tokens.total - training.truncated_tokens) / rows;
  const sequences = drawn * completions;
  // A filter may leave few of the rows, a monitor may end the phase, and a selection trains on a share of each batch.
  const mayLeaveFew =
    number('filter_rollouts', 0) > 0 || config['fallback'] === 'drop' || config['skills_per_example'] !== undefined;
  const mayEndSoon = mayLeaveFew || number('collapse_fraction', 0) > 0;
  const leastTrained = mayEndSoon ? 0 : number('keep_fraction', 1);
  const tokens = {
    low: Math.floor(sequences * leastTrained * (mean * (1 - spread) + completion.low)),
    high: Math.ceil(sequences * (mean * (1 + spread) + completion.high)),
  };
  const longest = Math.min(training.tokens.max + completion.high, training.max_sequence_length);
  const length = mean + completion.high;
  const forward = forwardFlops(model, length);
  const trained = trainingFlops({
    config: model,
    length,
    adapter: number('lora_rank', 0) > 0,
    passes: number('epochs_per_batch', 1),
    recomputes: config['gradient_checkpointing'] === true,
  });
  const samples = type === 'reinforcement';
  const sampled = samples ? forward : 0;
  const scored = samples && number('kl_beta', 0) > 0 ? forward : 0;
  const evaluations = validation ? Math.ceil(steps / number('eval_interval', steps || 1)) : 0;
  const judged = Math.min(number('eval_rows', 0), validation?.rows ?? 0) * number('eval_samples', 1);
  const evaluated = evaluations * judged * length;
  // Before the first step, every row is tried so often.
  const tries = rows * number('filter_rollouts', 0);
  const samplingFlopsBefore = {
    low: tries * (mean + completion.low) * forward,
    high: PADDING * tries * length * forward,
  };
  // And where some are left out for being known, every row is read once.
  const pruning = number('prune_fraction', 0) > 0 ? rows * mean * forward : 0;
  const flopsBefore = { low: pruning, high: PADDING * pruning };
  return {
    steps,
    tokens,
    // Groups without variance are not trained on: the low end is sampling and scoring alone.
    flops: {
      low: tokens.low * (samples ? scored : trained) + flopsBefore.low,
      high: PADDING * (tokens.high * (trained + scored) + (samples ? 0 : evaluated * forward)) + flopsBefore.high,
    },
    flopsBefore,
    samplingFlops: {
      low: tokens.low * sampled + samplingFlopsBefore.low,
      high: PADDING * (tokens.high + (samples ? evaluated : 0)) * sampled + samplingFlopsBefore.high,
    },
    samplingFlopsBefore,
    longest: Math.max(1, longest),
    sequencesPerStep: Math.min(batch, rows) * completions,
  };
}

const NONE: Range = { low: 0, high: 0 };
