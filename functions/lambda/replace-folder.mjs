/** A folder that is made anew beside itself: what is deployed or run from there meanwhile is whole, and what was half made is never it. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Builds at the same time do not meet: the name has the process, of which a former one with its number may have left something.
 * @template T
 * @param {string} folder
 * @param {(empty: string) => Promise<T>} fill Makes the contents.
 * @returns {Promise<T>}
 */
export async function replaceFolder(folder, fill) {
  const made = join(dirname(folder), `.${basename(folder)}-${process.pid}`);
  const before = `${made}-before`;
  const clear = () => {
    for (const path of [made, before]) rmSync(path, { recursive: true, force: true });
  };
  clear();
  try {
    mkdirSync(made);
    const result = await fill(made);
    if (existsSync(folder)) renameSync(folder, before);
    try {
      renameSync(made, folder);
    } catch (error) {
      if (existsSync(before)) renameSync(before, folder);
      throw error;
    }
    return result;
  } finally {
    clear();
  }
}
