/**
 * One writer at a time for each key, between processes of one machine, surviving kill -9 at any instant: a dead
 * owner blocks nobody, and two owners never hold one key.
 */
import { createHash } from 'node:crypto';
import { link, mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@preheat/ports';
import { mayBeAlive } from './process-identity.js';
import { readIdentity } from './shared-directory.js';
import type { SharedDirectory } from './shared-directory.js';

const RETRY_DELAY_MS = 3;
/** Writers hold a lock for milliseconds; an owner that is alive and this slow is stopped or in another container. */
const WAIT_MAX_MS = 30_000;

export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError';
}

/**
 * The lock of a key is the first free of the names <key>.0, <key>.1, ... Taking it is link(2) of this process's
 * identity file, which is atomic and fails if the name exists. Releasing it is unlink. A name whose owner is dead is
 * NEVER removed: it is spent, and everybody moves on to the next number.
 *
 * Why not remove a dead owner's lock? Two processes may both find it dead; the first removes it and locks; the
 * second, acting on what it saw earlier, then removes the first one's lock: two owners. Here nobody ever unlinks a
 * name but its own, so the second one's link(2) on the spent name can only fail. A crash inside a write costs one
 * directory entry.
 */
export class KeyLocks {
  readonly #shared: SharedDirectory;
  readonly #clock: Clock;
  readonly #directory: string;
  /** Writers of this process queue here first, so that only one of them contends for the file. */
  readonly #queues = new Map<string, Promise<unknown>>();
  /** Known spent names: spent is for ever, so the count never goes back. */
  readonly #spent = new Map<string, number>();

  private constructor(shared: SharedDirectory, clock: Clock) {
    this.#shared = shared;
    this.#clock = clock;
    this.#directory = join(shared.root, 'locks');
  }

  static async open(shared: SharedDirectory, clock: Clock): Promise<KeyLocks> {
    const locks = new KeyLocks(shared, clock);
    await mkdir(locks.#directory, { recursive: true });
    return locks;
  }

  /** Run `write` while no other writer of `key` runs. @throws LockTimeoutError naming the file and its owner. */
  async withLock<T>(key: string, write: () => Promise<T>): Promise<T> {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
    const previous = this.#queues.get(name) ?? Promise.resolve();
    const turn = previous.then(() => this.#withLockFile(name, write));
    const settled = turn.then(ignore, ignore);
    this.#queues.set(name, settled);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(name) === settled) this.#queues.delete(name);
    }
  }

  async #withLockFile<T>(name: string, write: () => Promise<T>): Promise<T> {
    const path = await this.#acquire(name);
    try {
      return await write();
    } finally {
      await unlink(path);
    }
  }

  async #acquire(name: string): Promise<string> {
    const deadlineMs = this.#clock.nowMs() + WAIT_MAX_MS;
    for (;;) {
      const path = join(this.#directory, `${name}.${this.#spent.get(name) ?? 0}`);
      if (await this.#tryLink(path)) return path;
      const owner = await readIdentity(path);
      if (owner === undefined) continue;
      if (!(await mayBeAlive(owner))) {
        this.#spent.set(name, (this.#spent.get(name) ?? 0) + 1);
        continue;
      }
      if (this.#clock.nowMs() > deadlineMs) {
        throw new LockTimeoutError(`Process ${owner.pid} has held ${path} for ${WAIT_MAX_MS} ms; is it stopped?`);
      }
      await this.#clock.sleep(RETRY_DELAY_MS);
    }
  }

  async #tryLink(path: string): Promise<boolean> {
    try {
      await link(this.#shared.identityPath, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }
}

/** The failure of an earlier writer is its own caller's business. */
function ignore(): void {}
