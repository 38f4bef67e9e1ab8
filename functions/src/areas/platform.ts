/** The platform itself: its limits and the keys to it. */
import { adminKeyRoutes } from '../routes/admin-keys.js';
import { limitsRoute } from '../routes/limits.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = (v1, { deps, limits, keys, queue }) => {
  limitsRoute(v1, limits, { ...deps, ...queue });
  adminKeyRoutes(v1, keys);
};
