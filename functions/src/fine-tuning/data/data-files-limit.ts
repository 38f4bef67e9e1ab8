/**
 * How much data one job may read. A runner holds the rows of all training files from start to end, and those of a validation
 * file beside them, as objects in the heap of its process.
 */
import { ApiError, type StoredFile } from '@preheat/contracts';

/**
 * Bytes of all data files of a job. Rows parsed take one to two and a half times their text (five with many keys that occur
 * once), and Node.js gives the heap of a process 2 GiB where it sees less than 15 GiB of memory.
 */
export const DATA_BYTES_MAX = 512 * 1024 ** 2;

export interface DataFile {
  readonly stored: StoredFile;
  /** Where the request names it. */
  readonly path: string;
}

/** Of all files, each once. */
export function bytesRead(files: readonly DataFile[]): number {
  const sizes = new Map(files.map(({ stored: { file } }) => [file.id, file.bytes]));
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** A file that is named several times is read once. @throws ApiError `file_too_large` at the field of the file that is too much. */
export function refuseTooMuchData(files: readonly DataFile[], limit = DATA_BYTES_MAX): void {
  const seen = new Set<string>();
  let total = 0;
  for (const { stored, path } of files) {
    const { id, filename, bytes } = stored.file;
    if (seen.has(id)) continue;
    seen.add(id);
    total += bytes;
    if (total <= limit) continue;
    const together = seen.size > 1 ? `, and ${total} with the job's other data files` : '';
    const message =
      `'${path}' (${id}, ${filename}) has ${bytes} bytes${together}; a job may read at most ${limit} bytes of data files, ` +
      'which its runner holds in memory. Train on a part of the rows, or on the parts in several jobs, each starting from the model of the one before.';
    throw new ApiError('file_too_large', message, { param: path });
  }
}
