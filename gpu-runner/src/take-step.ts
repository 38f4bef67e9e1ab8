/** One step of a recipe, or the way in which it was interrupted. */
import type { AnyRecipe, AnyRow, RecipeContext, StepResult } from '@preheat/recipes';
import type { Interruption } from './interruption.js';

export type StepOutcome =
  | { readonly kind: 'done'; readonly result: StepResult<unknown> }
  /** The step was not taken; the state before it is whole. */
  | { readonly kind: 'yielded' }
  /** The step was cut off; only checkpoints are left of the state. */
  | { readonly kind: 'spoilt' };

/** Errors that are no interruption pass through. */
export async function takeStep(
  recipe: AnyRecipe,
  state: unknown,
  context: RecipeContext<Readonly<Record<string, unknown>>, AnyRow>,
  interruption: Pick<Interruption, 'yielding' | 'stopping' | 'isDueBetweenSteps'>,
): Promise<StepOutcome> {
  const { yielding, stopping } = interruption;
  if (interruption.isDueBetweenSteps()) return { kind: 'yielded' };
  try {
    return { kind: 'done', result: await recipe.step(state, context) };
  } catch (error) {
    // What was asked to stop at once may have stopped anywhere, whatever it threw.
    if (stopping.aborted && yielding.aborted) return { kind: 'spoilt' };
    if (yielding.aborted && error === yielding.reason) return { kind: 'yielded' };
    throw error;
  }
}
