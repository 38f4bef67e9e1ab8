/** Files, whole and in parts. */
import multipart from '@fastify/multipart';
import type { App } from '../app-type.js';
import { FileLibrary } from '../files/file-library.js';
import { directPartRoute } from '../routes/direct-parts.js';
import { fileReadRoutes } from '../routes/files/read.js';
import { uploadRoute } from '../routes/files/upload.js';
import { uploadPartRoute, uploadRoutes } from '../routes/uploads.js';
import { Uploads } from '../uploads/uploads.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = async (v1, { deps, limits }) => {
  const files = new FileLibrary(deps);
  const uploads = new Uploads(deps, files, limits);
  // In a scope of their own: no other route takes a form.
  await v1.register(async (forms: App) => {
    // The library counts bytes itself, to say what the limit is.
    await forms.register(multipart, { throwFileSizeLimit: false });
    uploadRoute(forms, files, limits.fileBytes);
    uploadPartRoute(forms, uploads, limits);
  });
  fileReadRoutes(v1, deps, files);
  uploadRoutes(v1, uploads);
  directPartRoute(v1, uploads);
};
