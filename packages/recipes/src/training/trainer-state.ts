/**
 * Opening a trainer for a recipe and turning it into a snapshot and back. Moments live beside the weights under prefixed
 * names, so that a checkpoint's model file holds the model and nothing else.
 */
import type { Tensor, TensorMap } from '@preheat/checkpoints';
import { check, type DecoderConfig, InvariantError, invariant } from '@preheat/contracts';
import {
  freshAdapter,
  freshValueHead,
  learningRateAt,
  type Resumption,
  tensorsNamed,
  Trainer,
  type TrainerOptions,
} from '@preheat/nn';
import type { Static, TSchema } from 'typebox';
import { type AdapterConfig, adapterSettings } from '../catalog/adapter-keys.js';
import type { RecipeContext, Snapshot } from '../recipe.js';
import { seedOf } from './random-streams.js';

/** The hyperparameters every recipe shares, as far as the optimiser reads them. */
export interface OptimizerConfig extends AdapterConfig {
  readonly learning_rate: number;
  readonly learning_rate_multiplier: number;
  readonly warmup_ratio: number;
  readonly weight_decay: number;
  readonly max_grad_norm: number;
  /** 0: none. */
  readonly ema_decay: number;
  readonly gradient_checkpointing: boolean;
}

const ADAM = { beta1: 0.9, epsilon: 1e-8 } as const;
const FIRST_MOMENT = 'first_moment.';
const SECOND_MOMENT = 'second_moment.';
/** Of what is trained of the model, where a snapshot's weights are the average of them. */
const LAST = 'last.';
/** Of what only training needs. */
const AVERAGE = 'average.';

function trainerOptions(
  { executor, modelConfig, config, microBatchTokens, log }: RecipeContext<OptimizerConfig, unknown>,
  beta2: number,
): TrainerOptions {
  const optimizer = { ...ADAM, beta2, weightDecay: config.weight_decay, maxGradNorm: config.max_grad_norm };
  return {
    executor,
    config: modelConfig,
    frozenStorage: adapterSettings(config) ? config.lora_base_dtype : 'float32',
    optimizer,
    recomputes: config.gradient_checkpointing,
    ...(microBatchTokens === undefined ? {} : { limits: { maxTokens: microBatchTokens } }),
    onShrink: ({ from: { batch, length }, maxTokens, cause: { shortage } }) =>
      log.warn('out of memory: micro-batches are halved from now on', { batch, length, maxTokens, shortage }),
  };
}

/**
 * A trainer at the start of the phase: of the whole model, of the adapter that the phase goes on with, or of a fresh one.
 * `beta2` is AdamW's memory of squared gradients, which each recipe states. A value head always starts afresh.
 */
export function openTrainer(
  ctx: RecipeContext<OptimizerConfig, unknown>,
  beta2: number,
  { withValueHead = false } = {},
): Promise<Trainer> {
  const settings = adapterSettings(ctx.config);
  const adapter = settings && (ctx.adapter ?? freshAdapter(ctx.modelConfig, settings, seedOf(ctx.seed, 'adapter')));
  const valueHead = withValueHead ? freshValueHead(ctx.modelConfig) : null;
  return Trainer.open({ ...trainerOptions(ctx, beta2), ...averaging(ctx) }, { ...startOf(ctx), adapter, valueHead });
}

/**
 * A trainer of the reference policy, which is only asked for log-probabilities. Its weights are held like those under the adapter of the
 * phase: rounded otherwise, the two would differ before the first step.
 */
export async function openReference(ctx: RecipeContext<OptimizerConfig, unknown>): Promise<Trainer> {
  return Trainer.open(trainerOptions(ctx, 0), { ...(await ctx.referencePolicy()), isFrozen: true });
}

/** What is made beside a trainer, which is disposed of when that fails. */
export async function beside<T>(trainer: Trainer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await trainer.dispose();
    throw error;
  }
}

/** A trainer exactly where `snapshotTrainer` was called. */
export function restoreTrainer(
  ctx: RecipeContext<OptimizerConfig, unknown>,
  { weights, adapter, optimizer }: Snapshot,
  stepCount: number,
  beta2: number,
): Promise<Trainer> {
  const last = withoutPrefix(optimizer, LAST);
  const keepsAverage = last.size > 0;
  const tensors = keepsAverage ? last : weights;
  const resumption: Resumption = {
    ...(adapter ? { ...startOf(ctx), adapter: { config: adapter, tensors } } : { weights: tensors }),
    valueHead: valueHeadIn(ctx.modelConfig, optimizer),
    firstMoment: dataOf(withoutPrefix(optimizer, FIRST_MOMENT)),
    secondMoment: dataOf(withoutPrefix(optimizer, SECOND_MOMENT)),
    ...(keepsAverage && { average: dataOf(new Map([...weights, ...withoutPrefix(optimizer, AVERAGE)])) }),
    stepCount,
  };
  return Trainer.restore({ ...trainerOptions(ctx, beta2), ...averaging(ctx) }, resumption);
}

/** Jobs made before the key was there have none. */
const averaging = ({ config }: RecipeContext<OptimizerConfig, unknown>): Pick<TrainerOptions, 'averageDecay'> =>
  config.ema_decay > 0 ? { averageDecay: config.ema_decay } : {};

const startOf = ({ initialWeights, seed }: RecipeContext<OptimizerConfig, unknown>) => ({
  weights: initialWeights,
  seed: seedOf(seed, 'dropout'),
});

/**
 * The tensors of a snapshot, and the number of optimiser updates to be kept in its plain part. Where an average is kept, it is
 * the snapshot's weights: what is published, served and gone on from by a later phase.
 */
export async function snapshotTrainer(trainer: Trainer): Promise<Omit<Snapshot, 'plain'> & { updates: number }> {
  const { parameters, firstMoment, secondMoment, average, stepCount } = await trainer.read();
  const { trainedModel, valueHead } = trainer;
  const trained = [...trainedModel, ...valueHead];
  const training = [
    ...tensorsNamed(valueHead, parameters),
    ...withPrefix(tensorsNamed(trained, firstMoment), FIRST_MOMENT),
    ...withPrefix(tensorsNamed(trained, secondMoment), SECOND_MOMENT),
    ...(average ? withPrefix(tensorsNamed(trainedModel, parameters), LAST) : []),
    ...(average ? withPrefix(tensorsNamed(valueHead, average), AVERAGE) : []),
  ];
  return {
    weights: tensorsNamed(trainedModel, average ?? parameters),
    adapter: trainer.adapterOf(parameters)?.config ?? null,
    optimizer: new Map(training),
    updates: stepCount,
  };
}

/** The value head among the tensors of a snapshot; null when it had none. */
function valueHeadIn(config: DecoderConfig, tensors: TensorMap): TensorMap | null {
  const found = [...freshValueHead(config).keys()].flatMap((name) => {
    const tensor = tensors.get(name);
    return tensor ? [[name, tensor] as const] : [];
  });
  return found.length > 0 ? new Map(found) : null;
}

/** The tensors under prefixed names. */
function withPrefix(tensors: TensorMap, prefix: string): [string, Tensor][] {
  return [...tensors].map(([name, tensor]) => [prefix + name, tensor]);
}

/** The tensors that carry a prefix, by the rest of their names. */
function withoutPrefix(tensors: TensorMap, prefix: string): TensorMap {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

const dataOf = (tensors: TensorMap): Record<string, Float32Array> =>
  Object.fromEntries([...tensors].map(([name, { data }]) => [name, data]));

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
