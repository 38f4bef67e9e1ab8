/** What a job's phases need before the first step: their rows and the number of steps each takes. */
import { invariant, type JobDocument, type ResolvedPhase } from '@preheat/contracts';
import type { AnyRow } from '@preheat/recipes';
import { type RecipeEntry, recipeNamed } from '@preheat/recipes/catalog';
import type { RunnerDependencies } from './runner-dependencies.js';
import { readRows } from './training-rows.js';

export interface PlannedPhase {
  readonly phase: ResolvedPhase;
  readonly entry: RecipeEntry;
  readonly rows: readonly AnyRow[];
  readonly steps: number;
}

/** The plan of the whole pipeline; a data file that several phases share is read once. */
export async function planPhases(deps: Pick<RunnerDependencies, 'store'>, job: JobDocument): Promise<PlannedPhase[]> {
  const files = new Map<string, Promise<AnyRow[]>>();
  const rowsOf = (phase: ResolvedPhase) => {
    const key = `${phase.type} ${phase.trainingFile}`;
    const reading = files.get(key) ?? readRows(deps.store, phase.trainingFile, phase.type);
    files.set(key, reading);
    return reading;
  };
  return Promise.all(
    job.phases.map(async (phase) => {
      const entry = recipeNamed(phase.algorithm);
      invariant(entry, `the job names the unknown recipe ${phase.algorithm}`);
      const rows = await rowsOf(phase);
      return { phase, entry, rows, steps: entry.totalSteps(phase.config, rows.length) };
    }),
  );
}
