/** A program of the platform as a real process, started again whenever it ends, until it is told to stay down. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RESTART_MS = 300;

/** Whatever ends this command ends what it started. */
const CHILDREN = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of CHILDREN) child.kill('SIGKILL');
});

export class SupervisedProcess {
  readonly name: string;
  readonly #entry: string;
  readonly #env: Record<string, string>;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #isWanted = true;
  #isStopped = false;
  readonly #running: Promise<void>;
  starts = 0;

  /** @param entry Source file, from the root. @param folder Where its output goes, as `<name>.log`. */
  constructor(name: string, entry: string, env: Record<string, string>, folder: string) {
    this.name = name;
    this.#entry = entry;
    this.#env = env;
    this.#log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
    this.#running = this.#keepRunning();
  }

  /** Sends a signal to the process of now, if there is one. */
  kill(signal: NodeJS.Signals): void {
    this.#isStopped = signal === 'SIGSTOP' || (this.#isStopped && signal !== 'SIGCONT');
    this.#child?.kill(signal);
  }

  /** Ends it for good, also when it is stopped. */
  async end(): Promise<void> {
    this.#isWanted = false;
    if (this.#isStopped) this.kill('SIGCONT');
    this.kill('SIGKILL');
    await this.#running;
    this.#log.end();
  }

  async #keepRunning(): Promise<void> {
    while (this.#isWanted) {
      this.starts++;
      this.#isStopped = false;
      const args = ['--conditions=source', '--import', 'tsx', join(ROOT, this.#entry)];
      const child = spawn(process.execPath, args, { cwd: ROOT, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
      this.#child = child;
      CHILDREN.add(child);
      child.stdout.pipe(this.#log, { end: false });
      child.stderr.pipe(this.#log, { end: false });
      await once(child, 'exit');
      this.#child = undefined;
      CHILDREN.delete(child);
      if (this.#isWanted) await delay(RESTART_MS);
    }
  }
}
