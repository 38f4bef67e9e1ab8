/**
 * Opening a trainer for a recipe and turning it into a snapshot and back. Moments live beside the weights under prefixed
 * names, so that a checkpoint's model file holds the model and nothing else.
 */
import type { Tensor, TensorMap } from '@preheat/checkpoints';
import { check, InvariantError, invariant } from '@preheat/contracts';
import { learningRateAt, toTensorMap, Trainer, type TrainerOptions } from '@preheat/nn';
import type { Static, TSchema } from 'typebox';
import type { RecipeContext, Snapshot } from '../recipe.js';

/** The hyperparameters every recipe shares, as far as the optimiser reads them. */
export interface OptimizerConfig {
  readonly learning_rate: number;
  readonly learning_rate_multiplier: number;
  readonly warmup_ratio: number;
  readonly weight_decay: number;
  readonly max_grad_norm: number;
}

const ADAM = { beta1: 0.9, epsilon: 1e-8 } as const;
const FIRST_MOMENT = 'first_moment.';
const SECOND_MOMENT = 'second_moment.';

function trainerOptions(
  { executor, modelConfig, config, microBatchTokens, log }: RecipeContext<OptimizerConfig>,
  beta2: number,
): TrainerOptions {
  const optimizer = { ...ADAM, beta2, weightDecay: config.weight_decay, maxGradNorm: config.max_grad_norm };
  return {
    executor,
    config: modelConfig,
    optimizer,
    ...(microBatchTokens === undefined ? {} : { limits: { maxTokens: microBatchTokens } }),
    onShrink: ({ from, maxTokens, cause }) =>
      log.warn('out of memory: micro-batches are halved from now on', { ...from, maxTokens, shortage: cause.shortage }),
  };
}

/** A trainer at the start of the phase. `beta2` is AdamW's memory of squared gradients, which each recipe states. */
export function openTrainer(ctx: RecipeContext<OptimizerConfig>, beta2: number): Promise<Trainer> {
  return Trainer.open(trainerOptions(ctx, beta2), ctx.initialWeights);
}

/** A trainer exactly where `snapshotTrainer` was called. */
export function restoreTrainer(
  ctx: RecipeContext<OptimizerConfig>,
  { weights, optimizer }: Snapshot,
  stepCount: number,
  beta2: number,
): Promise<Trainer> {
  return Trainer.restore(trainerOptions(ctx, beta2), {
    parameters: Object.fromEntries([...weights].map(([name, { data }]) => [name, data])),
    firstMoment: withoutPrefix(optimizer, FIRST_MOMENT),
    secondMoment: withoutPrefix(optimizer, SECOND_MOMENT),
    stepCount,
  });
}

/** The tensors of a snapshot, and the number of optimiser updates to be kept in its plain part. */
export async function snapshotTrainer(trainer: Trainer): Promise<Omit<Snapshot, 'plain'> & { updates: number }> {
  const { parameters, firstMoment, secondMoment, stepCount } = await trainer.read();
  const weights = toTensorMap(trainer.config, parameters);
  const moments = [
    ...withPrefix(toTensorMap(trainer.config, firstMoment), FIRST_MOMENT),
    ...withPrefix(toTensorMap(trainer.config, secondMoment), SECOND_MOMENT),
  ];
  return { weights, optimizer: new Map(moments), updates: stepCount };
}

/** The tensors under prefixed names. */
export function withPrefix(tensors: TensorMap, prefix: string): [string, Tensor][] {
  return [...tensors].map(([name, tensor]) => [prefix + name, tensor]);
}

/** The data of the tensors that carry a prefix, by the rest of their names. */
export function withoutPrefix(tensors: TensorMap, prefix: string): Record<string, Float32Array> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, { data }]) => [name.slice(prefix.length), data]));
}

/** The plain part of a snapshot. @throws InvariantError when another recipe, or another version of it, wrote it. */
export function readPlain<S extends TSchema>(schema: S, plain: unknown, recipe: string): Static<S> {
  const checked = check(schema, plain);
  if (checked.ok) return checked.value;
  const [problem] = checked.problems;
  throw new InvariantError(`this is not a snapshot of ${recipe}: ${problem?.path} ${problem?.message}`);
}

/** The learning rate of a step (0 is the first): warm-up, then a cosine or a constant. */
export function learningRate(
  config: OptimizerConfig,
  step: number,
  totalSteps: number,
  decay: 'cosine' | 'constant',
): number {
  const peak = config.learning_rate * config.learning_rate_multiplier;
  const warmupSteps = Math.ceil(config.warmup_ratio * totalSteps);
  invariant(step < totalSteps, `step ${step} is past the ${totalSteps} steps of the phase`);
  return learningRateAt(step, { peak, warmupSteps, totalSteps, decay });
}
