/** Runs a command to its end, or until its time is over, and says in a line what became of it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export interface BoundedRun {
  readonly command: readonly string[];
  readonly folder: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly longestMs: number;
  /** Once its output has that, it is sent the signal, and has to end well. */
  readonly until?: { readonly line: string; readonly signal: NodeJS.Signals };
}

export interface BoundedEnd {
  readonly status: 'ran' | 'failed';
  /** The end of its output when it failed, else ''. */
  readonly why: string;
  readonly tookMs: number;
}

const REASON = { lines: 4, characters: 500 };

export async function runBounded({ command, folder, env, longestMs, until }: BoundedRun): Promise<BoundedEnd> {
  const beganMs = performance.now();
  const [program = '', ...args] = command;
  // A group of its own: what it started ends with it.
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  let isReached = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (!until || isReached || !output.includes(until.line)) return;
      isReached = true;
      process.kill(innermost(child.pid ?? 0), until.signal);
    });
  }
  const killAll = () => process.kill(-(child.pid ?? 0), 'SIGKILL');
  process.prependOnceListener('exit', killAll);
  let isLate = false;
  const bound = setTimeout(() => {
    isLate = true;
    killAll();
  }, longestMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(null);
    });
    child.once('close', resolve);
  });
  clearTimeout(bound);
  process.off('exit', killAll);
  const tookMs = performance.now() - beganMs;
  if (code === 0 && !isLate && (isReached || !until)) return { status: 'ran', why: '', tookMs };
  const end = output.trim().split('\n').slice(-REASON.lines).join(' ').slice(-REASON.characters);
  const how = isLate
    ? `not ended after ${longestMs / 1000} s`
    : until && !isReached
      ? 'ended by itself'
      : `exit code ${code}`;
  return { status: 'failed', why: `${how}: ${end}`, tookMs };
}

/** `unshare` keeps signals to itself: the process that it waits for is meant. */
function innermost(pid: number): number {
  const children = `/proc/${pid}/task/${pid}/children`;
  const isUnshare = existsSync(children) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'unshare';
  return isUnshare ? Number(readFileSync(children, 'utf8').trim().split(' ')[0]) : pid;
}
