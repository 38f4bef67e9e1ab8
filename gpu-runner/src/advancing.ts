/**
 * A recipe that ends its phase early: once an evaluation is good enough, or once too many in a row brought no gain. What it
 * remembers of evaluations is part of the recipe's state, so that a phase that is resumed ends at the same step.
 */
import type { AdvanceCondition } from '@preheat/contracts';
import type { AnyRecipe, StepResult } from '@preheat/recipes';
import { validationQuality } from '@preheat/recipes/catalog';

interface Evaluations {
  /** The best quality so far; null before the first evaluation. */
  readonly best: number | null;
  /** Evaluations since then. */
  readonly since: number;
}

interface AdvancingState {
  readonly inner: unknown;
  readonly seen: Evaluations;
}

const KEY = 'evaluations';

export function advancing(recipe: AnyRecipe, condition: AdvanceCondition): AnyRecipe {
  return {
    name: recipe.name,
    init: async (context) => ({ inner: await recipe.init(context), seen: { best: null, since: 0 } }),
    async restore(context, { plain, ...snapshot }) {
      const { [KEY]: seen, ...rest } = plain;
      return { inner: await recipe.restore(context, { ...snapshot, plain: rest }), seen: seen as Evaluations };
    },
    async snapshot(state) {
      const { inner, seen } = state as AdvancingState;
      const snapshot = await recipe.snapshot(inner);
      return { ...snapshot, plain: { ...snapshot.plain, [KEY]: seen } };
    },
    async step(state, context) {
      const { inner, seen } = state as AdvancingState;
      const result = await recipe.step(inner, context);
      const quality = validationQuality(result.metrics);
      if (quality === null) return { ...result, state: { inner: result.state, seen } };
      const next = after(seen, quality, condition);
      const reason = result.done ? null : reasonToEnd(next, quality, condition);
      return ended({ ...result, state: { inner: result.state, seen: next } }, reason);
    },
    dispose: (state) => recipe.dispose((state as AdvancingState).inner),
  };
}

function after({ best, since }: Evaluations, quality: number, { min_gain = 0 }: AdvanceCondition): Evaluations {
  return best === null || quality > best + min_gain ? { best: quality, since: 0 } : { best, since: since + 1 };
}

/** Qualities of losses have their sign turned. */
function reasonToEnd({ since }: Evaluations, quality: number, condition: AdvanceCondition): string | null {
  const { valid_reward_at_least: reward, valid_loss_at_most: loss, no_gain_in: patience } = condition;
  if (reward !== undefined && quality >= reward) return `the validation reward reached ${reward}`;
  if (loss !== undefined && -quality <= loss) return `the validation loss reached ${loss}`;
  return patience !== undefined && since >= patience ? `no gain in ${patience} evaluations` : null;
}

function ended(result: StepResult<unknown>, reason: string | null): StepResult<unknown> {
  if (reason === null) return result;
  const { message, data } = result.event;
  return {
    ...result,
    done: true,
    event: { message: `${message}; the phase ends: ${reason}`, data: { ...data, advanced: reason } },
  };
}
