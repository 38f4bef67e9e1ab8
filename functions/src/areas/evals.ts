/** Evals, their runs and what came of them. */
import { Evals } from '../evaluation/evals.js';
import { Runs } from '../evaluation/runs.js';
import { FileLibrary } from '../files/file-library.js';
import { compareRoutes } from '../routes/evals/compare.js';
import { evalRoutes } from '../routes/evals/evals.js';
import { outputItemRoutes } from '../routes/evals/output-items.js';
import { runRoutes } from '../routes/evals/runs.js';
import { StoredCompletions } from '../stored-completions/stored-completions.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = (v1, { deps, publicUrl }) => {
  const evals = new Evals(deps);
  const runs = new Runs(deps);
  const sources = { files: new FileLibrary(deps), completions: new StoredCompletions(deps), models: deps.models };
  evalRoutes(v1, evals);
  runRoutes(v1, { evals, runs, ...sources, publicUrl });
  outputItemRoutes(v1, runs, deps);
  compareRoutes(v1, evals, runs);
};
