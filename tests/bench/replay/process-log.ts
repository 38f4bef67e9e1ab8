/** A process of the platform and what it logs, line by line, with the time at which each line came. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

const TAIL_LINES = 30;

export class LoggedProcess {
  readonly startedMs = performance.now();
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: LogLine) => void>();
  readonly #seen: LogLine[] = [];
  #tail: string[] = [];

  /** @param command Program and arguments. */
  constructor([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = once(this.#child, 'exit').then(() => undefined);
    // Whatever ends the replay ends what it started, before what that works in is removed.
    const kill = () => this.#child.kill('SIGKILL');
    process.prependOnceListener('exit', kill);
    void this.ended.then(() => process.off('exit', kill));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (text) => this.#take(text));
    }
  }

  /** Of lines that came before, too: a runner may take a job before whoever submitted it hears its id. */
  onLine(listener: (line: LogLine) => void): void {
    for (const line of this.#seen) listener(line);
    this.#listeners.add(listener);
  }

  /** The first line with this message. @throws Error with the end of the log when the process ends before. */
  async seen(message: string): Promise<LogLine> {
    const coming = new Promise<LogLine>((resolve) => this.onLine((line) => line.message === message && resolve(line)));
    const gone = this.ended.then(() => {
      throw new Error(`a process ended before it said "${message}":\n${this.#tail.join('\n')}`);
    });
    return Promise.race([coming, gone]);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.ended;
  }

  #take(text: string): void {
    this.#tail = [...this.#tail, text].slice(-TAIL_LINES);
    if (!text.startsWith('{')) return;
    const { message, ...fields } = JSON.parse(text) as Record<string, unknown>;
    const line = { message: String(message), fields, atMs: performance.now() };
    this.#seen.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}
