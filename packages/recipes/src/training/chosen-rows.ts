/**
 * A phase on a part of its rows, chosen once before the first step by what the starting policy makes of them. Around any recipe
 * that trains on a file: which rows they are is in the snapshot, so a resumed phase trains on the same.
 */
import Type from 'typebox';
import type { Recipe, RecipeContext, TrainingRow } from '../recipe.js';
import { rowsAt } from '../rollout/evaluate.js';
import { readPlain } from './trainer-state.js';

export interface ChosenState<State> {
  readonly inner: State;
  /** Null: every row. */
  readonly chosen: readonly number[] | null;
  readonly rows: readonly TrainingRow[];
}

/** Absent where every row is trained on. */
const Plain = Type.Object({ chosen: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1 })) });

/** @param choose Indices into the training rows, ascending, at least one; null for all of them. */
export function onChosenRows<Config, State>(
  recipe: Recipe<Config, State>,
  choose: (ctx: RecipeContext<Config>) => Promise<readonly number[] | null>,
): Recipe<Config, ChosenState<State>> {
  const rowsOf = ({ trainingRows }: RecipeContext<Config>, chosen: readonly number[] | null) =>
    chosen ? rowsAt(trainingRows, Int32Array.from(chosen)) : trainingRows;
  return {
    name: recipe.name,
    async init(ctx) {
      const chosen = await choose(ctx);
      const rows = rowsOf(ctx, chosen);
      return { chosen, rows, inner: await recipe.init({ ...ctx, trainingRows: rows }) };
    },
    async restore(ctx, snapshot) {
      const { chosen = null } = readPlain(Plain, snapshot.plain, recipe.name);
      const rows = rowsOf(ctx, chosen);
      return { chosen, rows, inner: await recipe.restore({ ...ctx, trainingRows: rows }, snapshot) };
    },
    async snapshot({ inner, chosen }) {
      const snapshot = await recipe.snapshot(inner);
      return chosen ? { ...snapshot, plain: { ...snapshot.plain, chosen } } : snapshot;
    },
    async step(state, ctx) {
      const { rows, chosen } = state;
      const result = await recipe.step(state.inner, { ...ctx, trainingRows: rows });
      const next = { ...result, state: { ...state, inner: result.state } };
      if (!chosen) return next;
      const own = { kept_rows: rows.length };
      const event = { ...result.event, data: { ...result.event.data, ...own } };
      return { ...next, metrics: { ...result.metrics, ...own }, event };
    },
    dispose: ({ inner }) => recipe.dispose(inner),
  };
}
