/**
 * Runs a recipe as the runner would: the real executor, tokenizer, grader and decoder, with nothing but the job left out.
 * Recipes are found by their folders; each folder's smoke.json says at which size.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { freshDecoder, type TensorMap } from '@preheat/checkpoints';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { type CompiledGrader, compileGrader, gradeAll, type GradingContext } from '@preheat/graders';
import { DecoderSession } from '@preheat/inference';
import type { Log } from '@preheat/ports';
import {
  type AnyRecipe,
  type AnyRow,
  type RecipeContext,
  RUNTIMES,
  type Snapshot,
  type StepResult,
} from '@preheat/recipes';
import { recipeNamed } from '@preheat/recipes/catalog';
import { DecoderRollouts } from '../../gpu-runner/src/rollouts.js';
import { graderSpec, modelConfig, rowsFor, tokenizer } from './reversal-task.js';

type Config = Readonly<Record<string, unknown>>;
export type AnyContext = RecipeContext<Config, AnyRow>;

export interface SmokeFile {
  /** Of the smoke and resume tests. */
  readonly config: Config;
  readonly learning: {
    /** Another recipe, run first. */
    readonly warmUp?: { readonly recipe: string; readonly config: Config };
    readonly config: Config;
    readonly metric: string;
    /** `below`: the last value is under the bound. `gain`: the last values exceed the first by the bound. */
    readonly direction: 'below' | 'gain';
    readonly bound: number;
  };
}

const RECIPE_FOLDERS = new URL('../../packages/recipes/src/', import.meta.url);

/** The name of every recipe that has a folder. */
export const recipeNames: readonly string[] = readdirSync(RECIPE_FOLDERS).filter((folder) =>
  existsSync(new URL(`${folder}/recipe.ts`, RECIPE_FOLDERS)),
);

export const readRecipeFile = (name: string, file: string): string =>
  readFileSync(new URL(`${name}/${file}`, RECIPE_FOLDERS), 'utf8');

export const smokeOf = (name: string): SmokeFile => JSON.parse(readRecipeFile(name, 'smoke.json')) as SmokeFile;

export function runtimeOf(name: string): AnyRecipe {
  const recipe = RUNTIMES[name];
  if (!recipe) throw new Error(`runtimes.ts has no recipe ${name}`);
  return recipe;
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

export interface PhaseOptions {
  readonly recipe: string;
  readonly config: Config;
  readonly seed: number;
  readonly rows?: number;
  readonly weights?: TensorMap;
}

/** Grades in this process, without the runner's limits. */
export const phaseGrader = (compiled: CompiledGrader) => ({
  compiled,
  gradeAll: (samples: readonly GradingContext[], signal: AbortSignal) => gradeAll(compiled, samples, { signal }),
});

/** Builds the context of a phase, runs `work` in it and frees everything. */
export async function withPhase<T>(options: PhaseOptions, work: (ctx: AnyContext) => Promise<T>): Promise<T> {
  const { recipe, seed, rows = 64, weights = freshDecoder(modelConfig, seed) } = options;
  const entry = recipeNamed(recipe);
  const resolved = entry?.resolveConfig(options.config, { rows, model: modelConfig });
  const grader = compileGrader(graderSpec);
  if (!entry || !resolved?.ok || !grader.ok) throw new Error(`${recipe}: ${JSON.stringify([resolved, grader])}`);
  const isReinforcement = entry.phaseType === 'reinforcement';
  const executor = createOnnxExecutor({ threads: 1, maxSessions: 24 });
  const decoder = isReinforcement ? await DecoderSession.create(modelConfig, weights) : null;
  try {
    return await work({
      config: resolved.value as Config,
      seed,
      modelConfig,
      initialWeights: weights,
      referencePolicy: async () => ({ weights, adapter: null }),
      tokenizer,
      trainingRows: rowsFor(entry.phaseType, rows, seed),
      validationRows: rowsFor(entry.phaseType, 32, seed + 1000),
      executor,
      rollouts: decoder && new DecoderRollouts(decoder),
      grader: isReinforcement ? phaseGrader(grader.value) : null,
      signal: new AbortController().signal,
      log: silent,
      monotonicMs: () => performance.now(),
    });
  } finally {
    await decoder?.close();
    await executor.dispose();
  }
}

export interface PhaseRun {
  readonly steps: readonly StepResult<unknown>[];
  /** At every step boundary: entry k was taken before step k + 1. */
  readonly snapshots: readonly Snapshot[];
}

/** Runs to the end, from the start or from a snapshot. */
export async function runPhase(
  recipe: AnyRecipe,
  ctx: AnyContext,
  from?: Snapshot,
  keepSnapshots = true,
): Promise<PhaseRun> {
  let state = from ? await recipe.restore(ctx, from) : await recipe.init(ctx);
  const snapshots = [await recipe.snapshot(state)];
  const steps: StepResult<unknown>[] = [];
  for (let isDone = false; !isDone; ) {
    const result = await recipe.step(state, ctx);
    steps.push(result);
    state = result.state;
    isDone = result.done;
    if (keepSnapshots || isDone) snapshots.push(await recipe.snapshot(state));
  }
  await recipe.dispose(state);
  return { steps, snapshots };
}

/** The named metric of every step that has it. */
export const curve = ({ steps }: PhaseRun, metric: string): number[] =>
  steps.flatMap(({ metrics }) => metrics[metric] ?? []);
