/** Starts the measured server as a process and asks it about itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { PROJECT } from './fill-jobs.js';
import type { Answer, Question } from './server-process.js';

export const API_KEY = 'sk-bench';
const ENTRY = fileURLToPath(new URL('./server-process.ts', import.meta.url));

export class MeasuredServer {
  readonly api: string;
  readonly bare: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, urls: { api: string; bare: string }) {
    this.#child = child;
    this.api = urls.api;
    this.bare = urls.bare;
  }

  /** @param store Environment that names the store. */
  static async start(store: Readonly<Record<string, string>>): Promise<MeasuredServer> {
    const hash = createHash('sha256').update(API_KEY).digest('hex');
    const env = { PATH: process.env['PATH'] ?? '', ...store, PREHEAT_API_KEY_HASHES: `${hash}:${PROJECT}` };
    const flags = ['--expose-gc', '--conditions=source', '--import', 'tsx'];
    const child = spawn(process.execPath, [...flags, ENTRY], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [urls] = (await once(child, 'message')) as [{ api: string; bare: string }];
    return new MeasuredServer(child, urls);
  }

  async ask(question: Question): Promise<Answer> {
    const answered = once(this.#child, 'message');
    this.#child.send(question);
    return ((await answered) as [Answer])[0];
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}
