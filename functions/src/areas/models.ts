/** Models by name: who may call them, what else they are called, and when they expire. */
import { CheckpointPermissions } from '../models/checkpoint-permissions.js';
import { Aliases } from '../publishing/aliases.js';
import { aliasRoutes } from '../routes/aliases.js';
import { checkpointPermissionRoutes } from '../routes/fine-tuning/checkpoint-permissions.js';
import { modelExpiryRoutes } from '../routes/model-expiry.js';
import { modelRoutes } from '../routes/models.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = (v1, { deps }) => {
  const aliases = new Aliases(deps);
  modelRoutes(v1, deps, aliases);
  aliasRoutes(v1, deps, aliases);
  modelExpiryRoutes(v1, deps);
  checkpointPermissionRoutes(v1, new CheckpointPermissions(deps));
};
