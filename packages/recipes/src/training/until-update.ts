/** The part of a step that changes nothing yet may end at once. */
import type { RecipeContext } from '../recipe.js';

/** The context for what comes before the first update of a step: its signal also aborts when the runner must leave. */
export function untilUpdate<Config, Row>(ctx: RecipeContext<Config, Row>): RecipeContext<Config, Row> {
  const { signal, yielding } = ctx;
  return yielding ? { ...ctx, signal: AbortSignal.any([signal, yielding]) } : ctx;
}
