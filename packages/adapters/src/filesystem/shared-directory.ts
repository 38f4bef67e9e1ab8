/**
 * A directory that several processes of one machine write at the same time: this process's place in it (identity and
 * temporary files) and the two steps of every atomic write. Nothing under the final names is ever written in place.
 *
 *   processes/<id>/identity   who the process is; locks are hard links to it
 *   processes/<id>/<n>.tmp    files being written, swept once their process is dead
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mayBeAlive, ownIdentity } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';

/** Losing the directory this often in a row means that it is the file which is missing. */
const MAX_PUBLISH_ATTEMPTS = 16;

export class SharedDirectory {
  readonly root: string;
  /** The file that tells who holds a lock; see KeyLocks. */
  readonly identityPath: string;
  readonly #ownDirectory: string;
  #temporaryCount = 0;

  private constructor(root: string, ownDirectory: string) {
    this.root = root;
    this.#ownDirectory = ownDirectory;
    this.identityPath = join(ownDirectory, 'identity');
  }

  /** Creates the directory if need be, and removes what dead processes left behind. */
  static async open(root: string): Promise<SharedDirectory> {
    const processes = join(root, 'processes');
    await mkdir(processes, { recursive: true });
    await sweepDeadProcesses(processes);
    const shared = new SharedDirectory(root, join(processes, `${process.pid}-${randomUUID()}`));
    await mkdir(shared.#ownDirectory);
    const identity = JSON.stringify(await ownIdentity());
    await rename(await shared.writeTemporary([Buffer.from(identity)]), shared.identityPath);
    return shared;
  }

  async close(): Promise<void> {
    await rm(this.#ownDirectory, { recursive: true, force: true });
  }

  /** Step one: all bytes into a file of their own, flushed to the disk. Leaves nothing behind if the source throws. */
  async writeTemporary(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
    const path = join(this.#ownDirectory, `${this.#temporaryCount++}.tmp`);
    const file = await open(path, 'wx');
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  /** Step two: the finished file appears under its final name, replacing what was there, and the entry is flushed. */
  async publish(temporary: string, path: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await makeDurableDirectory(dirname(path));
        await rename(temporary, path);
        break;
      } catch (error) {
        // Somebody emptied the directory, and removed it, in between.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MAX_PUBLISH_ATTEMPTS) throw error;
      }
    }
    // Pieces of a segment come and go: that they are there is somebody else's news, perhaps not on the disk yet.
    let directory = dirname(path);
    for (; isPiece(directory); directory = dirname(directory)) await syncDirectory(directory);
    await syncDirectory(directory);
  }

  /** Removes a file, and the pieces of its segment that hold nothing more: an index must not cost what it once held. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
    for (let directory = dirname(path); isPiece(directory); directory = dirname(directory)) {
      if (!(await removedIfEmpty(directory))) return;
    }
  }
}

const isPiece = (directory: string): boolean => directory.endsWith('~');

async function removedIfEmpty(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Who wrote an identity file, or a lock linked to one; undefined if it is gone. */
export async function readIdentity(path: string): Promise<ProcessIdentity | undefined> {
  const json = await unlessMissing(readFile(path, 'utf8'));
  return json === undefined ? undefined : (JSON.parse(json) as ProcessIdentity);
}

/** The result, or undefined if the file or a directory on its way does not exist. */
export async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A directory without an identity is just being made, or was left by a crash in that instant: not ours to judge. */
async function sweepDeadProcesses(processes: string): Promise<void> {
  for (const name of await readdir(processes)) {
    const identity = await readIdentity(join(processes, name, 'identity'));
    if (identity === undefined || (await mayBeAlive(identity))) continue;
    await rm(join(processes, name), { recursive: true, force: true });
  }
}

/** A new directory is durable when its parent is flushed, at every level that is new. */
async function makeDurableDirectory(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true });
  if (firstMade === undefined) return;
  for (let made = path; made.length >= firstMade.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
