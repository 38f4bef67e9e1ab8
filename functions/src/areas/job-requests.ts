/** Asking for a job, and what helps to: its preflight, and graders that are tried. */
import { ThroughputLedger } from '@preheat/jobs';
import { FileLibrary } from '../files/file-library.js';
import { createJobRoute } from '../routes/fine-tuning/create-job.js';
import { preflightRoute } from '../routes/fine-tuning/preflight.js';
import { graderRoutes } from '../routes/graders.js';
import type { AddRoutes } from './add-routes.js';
import { outlookOf } from './outlook-of.js';

export const addRoutes: AddRoutes = (v1, context) => {
  const { deps, runnerClasses } = context;
  const checks = { ...deps, files: new FileLibrary(deps), runnerClasses, throughput: new ThroughputLedger(deps) };
  createJobRoute(v1, deps, checks, outlookOf(context));
  preflightRoute(v1, checks);
  graderRoutes(v1, deps);
};
