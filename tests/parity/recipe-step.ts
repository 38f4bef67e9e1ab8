/**
 * Steps of a recipe, with everything around them as the runner has it but for the sampler and the grader, whose results
 * are given.
 */
import type { LoraAdapter, TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import type { Executor } from '@preheat/executor';
import { compileGrader, type GradingContext } from '@preheat/graders';
import type { Log } from '@preheat/ports';
import type { AnyRow, PhaseGrader, Rollouts, RolloutSample, Snapshot, StepResult } from '@preheat/recipes';
import { recipeNamed } from '@preheat/recipes/catalog';
import { type AnyContext, phaseGrader, runPhase, runtimeOf } from '../recipes/recipe-bench.js';
import { graderSpec, tokenizer } from '../recipes/reversal-task.js';
import { type Measured, measuredExecutor } from './measured-executor.js';

export interface RecipeStep {
  readonly recipe: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly modelConfig: DecoderConfig;
  readonly weights: TensorMap;
  readonly rows: readonly AnyRow[];
  /** The model the phase is said to have started from. Default: `weights`. */
  readonly reference?: TensorMap;
  readonly adapter?: LoraAdapter;
  readonly microBatchTokens?: number | undefined;
  /** Where the step is taken from, given the state before the first one. Default: there. */
  readonly startFrom?: (fresh: Snapshot) => Snapshot;
  readonly sampling?: { readonly rollouts: Rollouts; readonly grader: PhaseGrader };
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** One step: what it computed is kept, not applied. */
export async function measureStep(
  inner: Executor,
  step: RecipeStep,
): Promise<Measured & Pick<StepResult<unknown>, 'metrics'>> {
  const { executor, measured } = measuredExecutor(inner);
  const recipe = runtimeOf(step.recipe);
  const ctx = contextOf(executor, { ...step, config: { max_steps: 1, warmup_ratio: 0, ...step.config } });
  let state = await recipe.init(ctx);
  if (step.startFrom) {
    const start = step.startFrom(await recipe.snapshot(state));
    await recipe.dispose(state);
    state = await recipe.restore(ctx, start);
  }
  const result = await recipe.step(state, ctx);
  await recipe.dispose(result.state);
  return { ...measured(), metrics: result.metrics };
}

/** All steps, and what was trained by them. */
export async function runSteps(
  executor: Executor,
  step: RecipeStep,
): Promise<{ trained: TensorMap; metrics: StepResult<unknown>['metrics'][] }> {
  const { steps, snapshots } = await runPhase(runtimeOf(step.recipe), contextOf(executor, step), undefined, false);
  const trained = snapshots.at(-1)?.weights ?? new Map();
  return { trained, metrics: steps.map(({ metrics }) => metrics) };
}

function contextOf(executor: Executor, step: RecipeStep): AnyContext {
  const { recipe, modelConfig, rows, weights, reference = weights, sampling } = step;
  const wanted = { batch_size: rows.length, ...step.config };
  const config = recipeNamed(recipe)?.resolveConfig(wanted, { rows: rows.length, model: modelConfig });
  if (!config?.ok) throw new Error(`${recipe}: ${JSON.stringify(config)}`);
  return {
    config: config.value as AnyContext['config'],
    seed: 1,
    modelConfig,
    initialWeights: weights,
    referencePolicy: async () => ({ weights: reference, adapter: null }),
    adapter: step.adapter ?? null,
    tokenizer,
    trainingRows: rows,
    validationRows: [],
    executor,
    microBatchTokens: step.microBatchTokens,
    rollouts: sampling?.rollouts ?? null,
    grader: sampling?.grader ?? null,
    signal: new AbortController().signal,
    log: silent,
    monotonicMs: () => 0,
  };
}

/** A sampler that answers the prompts it is asked with the given samples, those of one prompt in order. */
export function givenRollouts(samplesOf: ReadonlyMap<string, readonly RolloutSample[]>): Rollouts {
  return {
    updateWeights: async () => undefined,
    generate: async (prompts) => {
      const asked = new Map<string, number>();
      return prompts.map(({ tokens }) => {
        const key = tokens.join();
        const index = asked.get(key) ?? 0;
        asked.set(key, index + 1);
        const sample = samplesOf.get(key)?.[index];
        if (!sample) throw new Error(`no sample ${index} of the prompt ${key}`);
        return sample;
      });
    },
  };
}

/** A grader that gives every answer the reward written beside it; it fails where that is null. */
export function givenRewards(rewardOf: ReadonlyMap<string, number | null>): PhaseGrader {
  const compiled = compileGrader(graderSpec);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled));
  const score = ({ sample: { output_text = '' } }: GradingContext) => {
    const value = rewardOf.get(output_text);
    if (typeof value !== 'number') throw new Error(`no reward for ${output_text}`);
    return { ok: true as const, value };
  };
  const scorer = { score, checkItem: () => null, itemPaths: [] };
  return phaseGrader({ ...compiled.value, scorers: new Map([['given', scorer]]) });
}
