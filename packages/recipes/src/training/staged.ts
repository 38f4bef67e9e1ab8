/**
 * A phase graph inside one phase: rows are collected once (from the model, where a recipe needs what it would say), arranged
 * into stages, and each stage is a supervised run that starts from the weights of the one before. What was collected is in
 * the snapshot; stages follow from it, so a resumed phase is the same phase.
 */
import { invariant } from '@preheat/contracts';
import Type, { type Static } from 'typebox';
import type { RecipeEntry } from '../catalog/recipe-entry.js';
import { phaseSteps, stepsPerEpoch } from '../catalog/training-keys.js';
import type { Recipe, RecipeContext, Snapshot, StepResult, TrainingRow } from '../recipe.js';
import type { SupervisedConfig } from '../sft/config.js';
import { supervisedLoop } from '../sft/loop.js';
import { seedOf } from './random-streams.js';
import { readPlain } from './trainer-state.js';
import { UnusableRowsError } from './unusable-rows-error.js';

/** A stage, in snapshots by the name that it has there. */
const sft = supervisedLoop<SupervisedConfig>({ name: 'sft' });

/** Opaque outside: a state only returns to the recipe that made it. */
type SftState = Awaited<ReturnType<typeof sft.init>>;

export interface StagedRecipe<Config, Kept> {
  readonly entry: RecipeEntry;
  /** JSON that stages follow from beside the context; asked for once, before the first step. */
  collect(ctx: RecipeContext<Config>): Promise<Kept>;
  /** Rows of the stages in order, each a demonstration; pure. Stages without rows are left out. */
  stages(ctx: RecipeContext<Config>, kept: Kept): readonly (readonly TrainingRow[])[];
  /** Validation rows as demonstrations; default: as they are. */
  validation?(rows: readonly TrainingRow[]): readonly TrainingRow[];
  /** What every step reports beside its own metrics. */
  metrics?(ctx: RecipeContext<Config>, kept: Kept): Readonly<Record<string, number>>;
  /** What is wrong with what was kept, told once, with the first step. */
  warnings?(kept: Kept): readonly string[];
}

interface Stage {
  readonly rows: readonly TrainingRow[];
  readonly steps: number;
}

export interface StagedState<Kept> {
  readonly kept: Kept;
  readonly stages: readonly Stage[];
  /** Steps that the stages share. */
  readonly total: number;
  readonly index: number;
  /** Steps of the whole phase. */
  readonly step: number;
  /** What the stage under way started from, where that is not what the phase started from. */
  readonly start: StageStart;
  readonly inner: SftState;
}

type StageStart = Partial<Pick<RecipeContext<SupervisedConfig>, 'initialWeights' | 'adapter'>>;

const plainSchema = (name: string) =>
  Type.Object({
    schemaVersion: Type.Literal(1),
    recipe: Type.Literal(name),
    stage: Type.Integer({ minimum: 0 }),
    step: Type.Integer({ minimum: 0 }),
    kept: Type.Unknown(),
    /** Absent in snapshots of versions that took the steps from all rows of the file. */
    total: Type.Optional(Type.Integer({ minimum: 1 })),
    inner: Type.Record(Type.String(), Type.Unknown()),
  });

export function staged<Config extends SupervisedConfig, Kept>(
  definition: StagedRecipe<Config, Kept>,
): Recipe<Config, StagedState<Kept>> {
  const { name } = definition.entry;
  const Plain = plainSchema(name);
  const listsOf = (ctx: RecipeContext<Config>, kept: Kept) =>
    definition.stages(ctx, kept).filter(({ length }) => length > 0);
  const contextOf = (ctx: RecipeContext<Config>, state: Omit<StagedState<Kept>, 'inner'>) =>
    stageContext(definition, ctx, state);

  return {
    name,

    async init(ctx) {
      const kept = await definition.collect(ctx);
      const lists = listsOf(ctx, kept);
      const total = stepsOf(name, ctx, lists);
      const state = { kept, stages: planStages(lists, total), total, index: 0, step: 0, start: {} };
      return { ...state, inner: await sft.init(contextOf(ctx, state)) };
    },

    async restore(ctx, snapshot) {
      const { stage: index, step, kept: stored, total: known, inner } = readPlain(Plain, snapshot.plain, name);
      const kept = stored as Kept;
      const total = known ?? phaseSteps(ctx.config, ctx.trainingRows.length);
      const state = { kept, stages: planStages(listsOf(ctx, kept), total), total, index, step, start: {} };
      return { ...state, inner: await sft.restore(contextOf(ctx, state), { ...snapshot, plain: inner }) };
    },

    async snapshot({ inner, kept, total, index, step }): Promise<Snapshot> {
      const { plain, ...tensors } = await sft.snapshot(inner);
      const at = { stage: index, step, kept, total };
      const own: Static<typeof Plain> = { schemaVersion: 1, recipe: name, ...at, inner: plain };
      return { ...tensors, plain: own };
    },

    async step(state, ctx): Promise<StepResult<StagedState<Kept>>> {
      const result = await sft.step(state.inner, contextOf(ctx, state));
      const step = state.step + 1;
      const isLast = state.index + 1 >= state.stages.length;
      const own = { stage: state.index, stages: state.stages.length, ...definition.metrics?.(ctx, state.kept) };
      const metrics = { ...result.metrics, ...own, step, total_steps: state.total };
      const here = { ...state, step, inner: result.state };
      return {
        ...result,
        state: result.done && !isLast ? await nextStage(definition, here, ctx) : here,
        done: result.done && isLast,
        metrics,
        ...(step === 1 && definition.warnings ? { warnings: definition.warnings(state.kept) } : {}),
        event: {
          message: result.event.message.replace(/^Step \d+\/\d+/, `Step ${step}/${state.total}`),
          data: metrics,
        },
      };
    },

    async dispose({ inner }) {
      await sft.dispose(inner);
    },
  };
}

/** The stage after the one that just ended, from its weights; the optimiser begins anew. */
async function nextStage<Config extends SupervisedConfig, Kept>(
  definition: StagedRecipe<Config, Kept>,
  state: StagedState<Kept>,
  ctx: RecipeContext<Config>,
): Promise<StagedState<Kept>> {
  const { weights, adapter } = await sft.snapshot(state.inner);
  await sft.dispose(state.inner);
  const start = adapter ? { adapter: { config: adapter, tensors: weights } } : { initialWeights: weights };
  const next = { ...state, index: state.index + 1, start };
  return { ...next, inner: await sft.init(stageContext(definition, ctx, next)) };
}

/**
 * Steps of the phase: what its epochs take of the rows in its stages, and never more than they take of the file, which is
 * what is planned before anything is collected. Where rows were left out, the phase ends at fewer steps than planned.
 */
function stepsOf(
  name: string,
  { config, trainingRows }: RecipeContext<SupervisedConfig>,
  lists: readonly (readonly TrainingRow[])[],
): number {
  const rows = lists.reduce((sum, { length }) => sum + length, 0);
  if (rows === 0) throw new UnusableRowsError(`${name}: no row of the training file can be used`);
  return phaseSteps(config, Math.min(rows, trainingRows.length));
}

/** The steps of the phase shared out by rows; a stage too small for a step is left out. */
function planStages(lists: readonly (readonly TrainingRow[])[], total: number): Stage[] {
  const allRows = lists.reduce((sum, rows) => sum + rows.length, 0);
  let [rowsBefore, stepsBefore] = [0, 0];
  const stages = lists.map((rows) => {
    rowsBefore += rows.length;
    const end = Math.round((total * rowsBefore) / allRows);
    const steps = end - stepsBefore;
    stepsBefore = end;
    return { rows, steps };
  });
  return stages.filter(({ steps }) => steps > 0);
}

/** As many evaluations in the steps that are taken as there would have been in those of the file. */
function evaluationInterval({ config, trainingRows }: RecipeContext<SupervisedConfig>, total: number): number {
  const planned = phaseSteps(config, trainingRows.length);
  return Math.max(1, Math.ceil((config.eval_interval * Math.min(total, planned)) / planned));
}

function stageContext<Config extends SupervisedConfig, Kept>(
  { validation = (rows) => rows }: StagedRecipe<Config, Kept>,
  ctx: RecipeContext<Config>,
  { stages, index, start, total }: Omit<StagedState<Kept>, 'inner'>,
): RecipeContext<SupervisedConfig> {
  const stage = stages[index];
  invariant(stage, `stage ${index} of ${stages.length}`);
  const { rows, steps } = stage;
  const epochs = Math.ceil(steps / stepsPerEpoch(rows.length, ctx.config.batch_size));
  return {
    ...ctx,
    ...start,
    config: { ...ctx.config, max_steps: steps, n_epochs: epochs, eval_interval: evaluationInterval(ctx, total) },
    seed: seedOf(ctx.seed, `stage ${index}`),
    trainingRows: rows,
    validationRows: validation(ctx.validationRows),
  };
}
