/**
 * Training that costs no computation: each step folds (seed, rows, step) into the weights before it, so that the final
 * weights tell whether every step was taken once, in order, from the right state. It takes virtual time.
 */
import type { Tensor, TensorMap } from '@preheat/checkpoints';
import { type Clock, CounterRandom } from '@preheat/ports';
import type { AnyRecipe, AnyRow, RecipeContext, Snapshot } from '@preheat/recipes';
import { recipeNamed } from '@preheat/recipes/catalog';
import { TOKENS_PER_STEP } from './work-plan.js';

type Context = RecipeContext<Readonly<Record<string, unknown>>, AnyRow>;

interface LightState {
  readonly step: number;
  readonly weights: TensorMap;
  readonly moment: Float32Array;
}

export interface LightRecipeOptions {
  readonly clock: Clock;
  readonly stepMaxMs: number;
  /** Called in the middle of each step; may throw, crash the process, or do nothing. */
  readonly during: (seed: number, step: number) => Promise<void>;
}

/** A step of every machine takes so long. */
export const STEP_MAX_MS = 1_500;

const MOMENT = 'moment';

export function lightRecipe({ clock, stepMaxMs, during }: LightRecipeOptions): AnyRecipe {
  return {
    name: 'sft',
    async init({ initialWeights }) {
      await clock.sleep(stepMaxMs);
      return { step: 0, weights: initialWeights, moment: new Float32Array(4) } satisfies LightState;
    },
    async restore(_, { weights, optimizer, plain }) {
      await clock.sleep(stepMaxMs);
      return { step: Number(plain['step']), weights, moment: momentOf(optimizer) } satisfies LightState;
    },
    async snapshot(state): Promise<Snapshot> {
      const { step, weights, moment } = state as LightState;
      return { weights, adapter: null, optimizer: new Map([[MOMENT, { shape: [4], data: moment }]]), plain: { step } };
    },
    async step(state, context) {
      context.signal.throwIfAborted();
      const before = state as LightState;
      // Half of a step can be left without a loss, the other half only with one.
      await clock.sleep(stepMaxMs / 2, context.yielding);
      await during(context.seed, before.step + 1);
      await clock.sleep(stepMaxMs / 2, context.signal);
      const after = advanced(before, context);
      const metrics = { step: after.step, train_loss: after.moment[0] ?? 0 };
      const event = { message: `Step ${after.step}`, data: metrics };
      return { state: after, done: after.step >= stepsOf(context), metrics, tokens: TOKENS_PER_STEP, event };
    },
    async dispose() {},
  };
}

/** The weights that an undisturbed run of one phase has after `steps` steps, or at its end. */
export function straightRun(
  context: Pick<Context, 'seed' | 'config' | 'trainingRows' | 'initialWeights'>,
  steps = Infinity,
): TensorMap {
  let state: LightState = { step: 0, weights: context.initialWeights, moment: new Float32Array(4) };
  while (state.step < Math.min(steps, stepsOf(context))) state = advanced(state, context);
  return state.weights;
}

function momentOf(optimizer: TensorMap): Float32Array {
  const stored = optimizer.get(MOMENT);
  if (!stored) throw new Error('the checkpoint has no moment');
  return stored.data;
}

/** Of a phase. */
export function stepsOf({ config, trainingRows }: Pick<Context, 'config' | 'trainingRows'>): number {
  return recipeNamed('sft')?.totalSteps(config, trainingRows.length) ?? 0;
}

function advanced(state: LightState, { seed, trainingRows }: Pick<Context, 'seed' | 'trainingRows'>): LightState {
  const step = state.step + 1;
  const random = CounterRandom.fromSeed(`${seed} ${trainingRows.length} ${step}`);
  const moment = state.moment.map((value) => Math.fround(0.5 * value + random.float()));
  const [first] = state.weights;
  if (!first) throw new Error('a model without tensors');
  const [name, { shape, data }] = first;
  const changed: Tensor = { shape, data: data.map((value, i) => value * 0.75 + (moment[i % 4] ?? 0)) };
  return { step, weights: new Map([...state.weights, [name, changed]]), moment };
}
