/**
 * Names a Lambda handler by its path in the source tree and points SST at the bundle that
 * functions/build-lambda.mjs made of it. We bundle ourselves because SST would ship onnxruntime-node for every
 * platform (about 290 MB, above Lambda's 250 MB limit).
 */
const SOURCE_FOLDER = 'functions/src/lambda/';
const BUNDLE_FOLDER = 'functions/dist-lambda/';

export interface BundledHandler {
  /** Folder whose content becomes the function's zip. */
  bundle: string;
  /** `<file>.<export>` at the root of that folder. */
  handler: string;
}

/**
 * @param path For example `functions/src/lambda/api.handler`.
 * @param variant Bundle folder, where one handler is shipped twice: with and without the model runtime.
 */
export function bundledHandler(path: string, variant?: string): BundledHandler {
  const [name, exported, ...rest] = path.startsWith(SOURCE_FOLDER) ? path.slice(SOURCE_FOLDER.length).split('.') : [];
  if (!name || !exported || rest.length > 0) {
    throw new Error(`Handler "${path}" must look like ${SOURCE_FOLDER}<name>.<export>.`);
  }
  return { bundle: BUNDLE_FOLDER + (variant ?? name), handler: `${name}.${exported}` };
}
