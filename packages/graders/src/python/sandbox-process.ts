/**
 * One sandboxed Python process, bound to one source. What it sends back is checked like a stranger's message, and
 * whatever it does (loops, fills memory, dies), a call ends: the process is killed and the reason returned.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from '@preheat/contracts';
import Type, { type Static } from 'typebox';

const MAX_REPLY_BYTES = 64 * 1024;
const Text = Type.String({ maxLength: MAX_REPLY_BYTES });
const Reply = Type.Union([
  Type.Object({ ready: Type.Literal(true) }, { additionalProperties: false }),
  Type.Object({ problem: Text }, { additionalProperties: false }),
  Type.Object({ score: Type.Number() }, { additionalProperties: false }),
  Type.Object({ error: Text }, { additionalProperties: false }),
  Type.Object({ fatal: Text }, { additionalProperties: false }),
  Type.Object({ memory: Type.Literal(true) }, { additionalProperties: false }),
]);
export type SandboxReply = Static<typeof Reply>;

export class SandboxProcess {
  readonly source: string;
  readonly #child: ChildProcess;
  #received = '';
  #waiting: ((reply: SandboxReply) => void) | null = null;
  #isDead = false;

  constructor(source: string, memoryLimitBytes: number) {
    this.source = source;
    const folder = sandboxFolder();
    this.#child = spawn(
      process.execPath,
      [...permissions(folder), join(folder, 'main.mjs'), String(memoryLimitBytes)],
      {
        // Nothing of this process is inherited: no variables, no descriptors but the three, no working folder of ours.
        env: {},
        cwd: folder,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#child.stdin?.on('error', () => undefined);
    for (const event of ['error', 'exit'] as const) this.#child.on(event, () => this.#end());
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Compiles the source: `ready`, `problem`, or how the process ended. The first message of every process. */
  load(): Promise<SandboxReply> {
    return this.#ask({ source: this.source });
  }

  grade(sample: object, item: object): Promise<SandboxReply> {
    return this.#ask({ sample, item });
  }

  kill(): void {
    this.#end();
    this.#child.kill('SIGKILL');
  }

  #ask(message: object): Promise<SandboxReply> {
    if (this.#isDead) return Promise.resolve({ fatal: 'the process has ended' });
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
    });
  }

  #take(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf('\n');
    if (end < 0 && this.#received.length <= MAX_REPLY_BYTES) return;
    const line = this.#received.slice(0, Math.max(end, 0));
    this.#received = this.#received.slice(end + 1);
    const reply = parsed(line);
    this.#answer(reply);
    if ('fatal' in reply || 'memory' in reply) this.kill();
  }

  #answer(reply: SandboxReply): void {
    this.#waiting?.(reply);
    this.#waiting = null;
  }

  #end(): void {
    this.#isDead = true;
    this.#answer({ fatal: 'the process has ended' });
  }
}

function parsed(line: string): SandboxReply {
  try {
    const reply = check(Reply, JSON.parse(line));
    if (reply.ok) return reply.value;
  } catch {
    // Not JSON: said below.
  }
  return { fatal: 'the process sent something else than a reply' };
}

/** Beside the sources, beside the compiled files, and inside a bundle: whichever there is. */
function sandboxFolder(): string {
  const candidates = ['../../sandbox/', './sandbox/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = candidates.find((folder) => existsSync(join(folder, 'main.mjs')));
  if (found === undefined) throw new Error(`the Python sandbox is not installed: looked in ${candidates.join(', ')}`);
  return found;
}

/** Node's permission model: it may read the sandbox and Pyodide, and start its one thread; nothing else. */
function permissions(folder: string): string[] {
  const pyodide = dirname(createRequire(join(folder, 'main.mjs')).resolve('pyodide'));
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isStable = major >= 24 || (major === 22 && minor >= 13) || (major === 23 && minor >= 5);
  return [
    isStable ? '--permission' : '--experimental-permission',
    '--allow-worker',
    ...[folder, pyodide].map((path) => `--allow-fs-read=${join(path, '*')}`),
    '--disallow-code-generation-from-strings',
    '--no-warnings',
  ];
}
