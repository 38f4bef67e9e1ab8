/** Runs the `preheat` command as a person would, as a process of its own, and finds whatever it left running. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export interface PreheatProcess {
  readonly child: ChildProcess;
  /** Everything written so far. */
  readonly out: { stdout: string; stderr: string };
  /** The exit code; rejects when the process could not be started. */
  readonly exit: Promise<number | null>;
  /** Resolves once `pattern` has been written to either output; rejects when the process ends before that. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Sources run directly, as in every other test; the processes it starts inherit that. */
export function startPreheat(
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): PreheatProcess {
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--import', import.meta.resolve('tsx'), ENTRY, ...args],
    {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const out = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const seen = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(out.stdout) ?? pattern.exec(out.stderr);
        if (match) resolve(match);
      };
      listeners.add(look);
      look();
      void exit.then((code) =>
        reject(new Error(`ended with ${code} before ${pattern}:\n${out.stdout}\n${out.stderr}`)),
      );
    });
  return { child, out, exit, seen };
}

/**
 * Ids of the Node processes whose environment mentions `folder` (Linux), the platform's data folder being in it. Node alone:
 * a process that is still loading sources has esbuild beside it, with the same environment, for as long as that takes.
 */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).includes(`PREHEAT_DATA_DIR=${folder}`) && isNode(pid))
    .map(Number);
}

const environmentOf = (pid: string): string => ofProcess(() => readFileSync(`/proc/${pid}/environ`, 'utf8'));
const isNode = (pid: string): boolean =>
  ofProcess(() => readlinkSync(`/proc/${pid}/exe`)) === realpathSync(process.execPath);

function ofProcess(read: () => string): string {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Ended meanwhile, or of another user: neither is ours.
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return '';
    throw error;
  }
}
