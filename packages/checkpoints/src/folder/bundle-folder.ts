/** A published bundle as a folder: reading a file to its end verifies it against the manifest. */
import { invariant } from '@preheat/contracts';
import type { Bundle } from '../open-bundle.js';
import type { ModelFolder } from './model-folder.js';

export function bundleFolder(bundle: Bundle): ModelFolder {
  const sizes = new Map(bundle.manifest.blobs.map(({ name, sizeBytes }) => [name, sizeBytes]));
  return {
    names: bundle.names,
    sizeOf: (name) => {
      const size = sizes.get(name);
      invariant(size !== undefined, `the bundle ${bundle.prefix} has no ${name}`);
      return size;
    },
    open: (name, range) => {
      invariant(range === undefined, 'a bundle is read in whole files, which are verified');
      return bundle.stream(name);
    },
  };
}
