/** Files, whole and in parts. */
import multipart from '@fastify/multipart';
import { FileLibrary } from '../files/file-library.js';
import { directPartRoute } from '../routes/direct-parts.js';
import { fileReadRoutes } from '../routes/files/read.js';
import { uploadRoute } from '../routes/files/upload.js';
import { uploadRoutes } from '../routes/uploads.js';
import { Uploads } from '../uploads/uploads.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = async (v1, { deps, limits }) => {
  // The library counts bytes itself, to say what the limit is.
  await v1.register(multipart, { throwFileSizeLimit: false });
  const files = new FileLibrary(deps);
  const uploads = new Uploads(deps, files, limits);
  uploadRoute(v1, files, limits.fileBytes);
  fileReadRoutes(v1, deps, files);
  uploadRoutes(v1, uploads, limits);
  directPartRoute(v1, uploads);
};
