/** What it means that a phase is resumed exactly: from any step boundary on, steps and final weights are those of the straight run. */
import { expect } from 'vitest';
import { type PhaseOptions, type PhaseRun, runPhase, runtimeOf, withPhase } from './recipe-bench.js';

/** Timing is the one thing that may differ between a run and its repetition. */
function comparable({ steps, snapshots }: PhaseRun) {
  return { metrics: steps.map(({ metrics, tokens, done }) => ({ metrics, tokens, done })), last: snapshots.at(-1) };
}

/** Runs the phase straight, then again from every boundary, the start included. @returns the straight run. */
export async function expectExactResumes(phase: PhaseOptions): Promise<PhaseRun> {
  const recipe = runtimeOf(phase.recipe);
  const whole = await withPhase(phase, (ctx) => runPhase(recipe, ctx));
  for (const [boundary, snapshot] of whole.snapshots.slice(0, -1).entries()) {
    // Plain data crosses a checkpoint as JSON, tensors as raw floats.
    const stored = { ...snapshot, plain: JSON.parse(JSON.stringify(snapshot.plain)) as Record<string, unknown> };
    const rest = await withPhase(phase, (ctx) => runPhase(recipe, ctx, stored));
    const expected = { steps: whole.steps.slice(boundary), snapshots: whole.snapshots };
    expect(comparable(rest), `resumed after step ${boundary}`).toEqual(comparable(expected));
  }
  return whole;
}
