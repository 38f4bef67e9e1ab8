/** Models as files: imported and exported. */
import { FileLibrary } from '../files/file-library.js';
import { modelExportRoutes } from '../routes/model-exports.js';
import { modelImportRoute } from '../routes/model-imports.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = (v1, { deps }) => {
  modelImportRoute(v1, deps, new FileLibrary(deps));
  modelExportRoutes(v1, deps);
};
