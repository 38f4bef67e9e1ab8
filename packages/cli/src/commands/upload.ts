/** Lets a flag that wants a file id also take a path, which is uploaded first. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Preheat } from '@preheat/sdk';
import { type Io, UsageError } from '../io.js';

const FILE_ID = /^file-[A-Za-z0-9]+$/;

export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** The id itself, or that of the file just uploaded from the path. */
export async function fileId(
  idOrPath: unknown,
  purpose: 'fine-tune' | 'evals',
  client: Preheat,
  io: Io,
): Promise<string> {
  // From a JSON file it may be anything.
  if (typeof idOrPath !== 'string') {
    throw new UsageError(`${JSON.stringify(idOrPath)} is neither a path nor a file id (file-…)`);
  }
  const path = resolve(io.cwd, idOrPath);
  if (!isFile(path)) {
    if (FILE_ID.test(idOrPath)) return idOrPath;
    throw new UsageError(`${idOrPath} is neither a file here nor a file id (file-…)`);
  }
  const { id, bytes } = await client.files.create(path, { purpose }, { signal: io.signal });
  io.stderr.write(`uploaded ${idOrPath} (${bytes} bytes) as ${id}\n`);
  return id;
}
