/** Jobs that exist: read, followed and controlled. */
import { controlJobRoutes } from '../routes/fine-tuning/control-jobs.js';
import { jobCheckpointRoutes } from '../routes/fine-tuning/job-checkpoints.js';
import { jobEventRoutes } from '../routes/fine-tuning/job-events.js';
import { readJobRoutes } from '../routes/fine-tuning/read-jobs.js';
import type { AddRoutes } from './add-routes.js';
import { outlookOf } from './outlook-of.js';

export const addRoutes: AddRoutes = (v1, context) => {
  const { deps } = context;
  const outlook = outlookOf(context);
  readJobRoutes(v1, deps, outlook);
  controlJobRoutes(v1, deps, outlook);
  jobEventRoutes(v1, deps);
  jobCheckpointRoutes(v1, deps);
};
