/** Runs something at a chosen moment of a job, in the middle of the real work: what users and machines do at bad times. */
import type { RunnerDependencies } from '../runner-dependencies.js';
import { type AnyRecipe, type RecipeContext, RUNTIMES } from '@preheat/recipes';

/** A call of the work under way; `detail` is a key of the store or a temperature, where there is one. */
export interface Moment {
  readonly call: 'get' | 'put' | 'accumulate' | 'update' | 'generate' | 'grade';
  readonly detail: string;
  /** Of calls of this kind, from 1. */
  readonly count: number;
}

export type AtMoment = (moment: Moment) => Promise<void> | undefined;

/** The same dependencies, which tell of each call before it is made. */
export function observed(deps: RunnerDependencies, tell: AtMoment): RunnerDependencies {
  const counts = new Map<string, number>();
  const before = async (call: Moment['call'], detail = ''): Promise<void> => {
    const count = (counts.get(call) ?? 0) + 1;
    counts.set(call, count);
    await tell({ call, detail, count });
  };
  const store = around(deps.store, {
    get: (key) => before('get', String(key)),
    getStream: (key) => before('get', String(key)),
    put: (key) => before('put', String(key)),
  });
  const executor = around(deps.executor, {});
  executor.openTraining = async (layout) =>
    around(await deps.executor.openTraining(layout), {
      accumulate: () => before('accumulate'),
      update: () => before('update'),
    });
  const recipes = Object.fromEntries(Object.entries(RUNTIMES).map(([name, recipe]) => [name, watched(recipe, before)]));
  return { ...deps, store, executor, recipes };
}

function watched(recipe: AnyRecipe, before: (call: Moment['call'], detail?: string) => Promise<void>): AnyRecipe {
  const step: AnyRecipe['step'] = (state, ctx) => recipe.step(state, withHooks(ctx, before));
  return { ...recipe, step };
}

function withHooks<C, Row>(
  ctx: RecipeContext<C, Row>,
  before: (call: Moment['call'], detail?: string) => Promise<void>,
): RecipeContext<C, Row> {
  const { rollouts, grader } = ctx;
  return {
    ...ctx,
    rollouts: rollouts && {
      updateWeights: (...args) => rollouts.updateWeights(...args),
      generate: async (prompts, options) => {
        await before('generate', String(options.temperature));
        options.signal.throwIfAborted();
        return rollouts.generate(prompts, options);
      },
    },
    grader: grader && {
      ...grader,
      gradeAll: async (samples, signal) => {
        await before('grade');
        return grader.gradeAll(samples, signal);
      },
    },
  };
}

/** The object with calls that wait for a hook first. */
function around<T extends object>(target: T, hooks: Record<string, (argument: unknown) => Promise<void>>): T {
  const changed = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(_, property) {
      if (changed.has(property)) return changed.get(property);
      const member = Reflect.get(target, property, target) as unknown;
      if (typeof member !== 'function') return member;
      const hook = hooks[String(property)];
      if (!hook) return member.bind(target) as unknown;
      return async (...args: unknown[]) => {
        await hook(args[0]);
        return member.apply(target, args) as unknown;
      };
    },
    set(_, property, value) {
      changed.set(property, value);
      return true;
    },
  });
}
