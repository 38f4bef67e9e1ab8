/**
 * One child process of the platform. It runs in a process group of its own, so that Ctrl-C reaches only the parent, which
 * then stops its children in order; it dies with the parent in any case (bin/exit-with-parent.mjs).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ChildSpec {
  /** Prefix of its log lines: `api`, `runner-1`. */
  readonly name: string;
  /** `file:` URL of the module to run. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (name: string, line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningChild {
  readonly exit: Promise<Exit>;
  /** Asks for a clean end (SIGTERM), and ends the process for good when the grace has passed. */
  stop(): Promise<Exit>;
}

/** A runner writes a checkpoint before it leaves; that may take a while. */
const GRACE_MS = 60_000;
/** Found from `src` and from `dist` alike. */
const EXIT_WITH_PARENT = new URL('../../bin/exit-with-parent.mjs', import.meta.url);

export function startChild(spec: ChildSpec): RunningChild {
  const args = [...process.execArgv, '--import', EXIT_WITH_PARENT.href, fileURLToPath(spec.entry)];
  const child = spawn(process.execPath, args, {
    env: spec.env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => spec.log(spec.name, line));
  }
  const exit = exitOf(child, spec);
  return { exit, stop: () => stop(child, exit) };
}

function exitOf(child: ChildProcess, spec: ChildSpec): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      spec.log(spec.name, `cannot be started: ${error.message}`);
      resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

async function stop(child: ChildProcess, exit: Promise<Exit>): Promise<Exit> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  try {
    return await exit;
  } finally {
    clearTimeout(timer);
  }
}

export const describeExit = ({ code, signal }: Exit): string => (signal ? `signal ${signal}` : `exit code ${code}`);
