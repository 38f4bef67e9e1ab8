/** What it means that a phase is resumed exactly: from any step boundary on, steps and final weights are those of the straight run. */
import { expect } from 'vitest';
import { type PhaseOptions, type PhaseRun, runPhase, runtimeOf, withPhase } from './recipe-bench.js';

/** Timing is the one thing that may differ between a run and its repetition. */
function comparable({ steps, snapshots }: PhaseRun) {
  return { metrics: steps.map(({ metrics, tokens, done }) => ({ metrics, tokens, done })), last: snapshots.at(-1) };
}

/**
 * Runs the phase from every boundary of its straight run, the start included. The first resumption finds a context as a new process
 * does; those after it find what the one before left there, from which nothing may come either.
 * @param whole The straight run, where the caller has it.
 * @returns the straight run.
 */
export async function expectExactResumes(phase: PhaseOptions, whole?: PhaseRun): Promise<PhaseRun> {
  const recipe = runtimeOf(phase.recipe);
  const straight = whole ?? (await withPhase(phase, (ctx) => runPhase(recipe, ctx)));
  await withPhase(phase, async (ctx) => {
    for (const [boundary, snapshot] of [...straight.snapshots.slice(0, -1).entries()].toReversed()) {
      // Plain data crosses a checkpoint as JSON, tensors as raw floats.
      const stored = { ...snapshot, plain: JSON.parse(JSON.stringify(snapshot.plain)) as Record<string, unknown> };
      const rest = await runPhase(recipe, ctx, stored);
      const expected = { steps: straight.steps.slice(boundary), snapshots: straight.snapshots };
      expect(comparable(rest), `resumed after step ${boundary}`).toEqual(comparable(expected));
    }
  });
  return straight;
}
