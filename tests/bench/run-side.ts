/** Runs one side as a process of its own and reads what it measured, together with what only a driver can measure. */
import { spawn } from 'node:child_process';
import { peakRssMib } from './linux-machine.js';
import type { Side } from './match.js';

export type Line = Readonly<Record<string, unknown>>;

export interface SideRun {
  /** Every JSON line, in order; the last one is the result. */
  readonly lines: readonly Line[];
  /** From starting the process to its first JSON line. */
  readonly firstLineS: number;
  /** Of the process itself, not of processes it started. */
  readonly peakRssMib: number;
  readonly wallS: number;
}

export class SideFailedError extends Error {
  override readonly name = 'SideFailedError';
}

const RSS_INTERVAL_MS = 100;
const SHOWN_ERROR_CHARACTERS = 400;
/** A side that hangs must not hold the machine for ever. */
const SIDE_LIMIT_MS = 280_000;

/** @throws SideFailedError when it ends badly, prints no JSON line, or takes too long. */
export function runSide({ command: [program = '', ...args], env = {} }: Side, folder: string): Promise<SideRun> {
  const started = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SIDE_LIMIT_MS,
  });
  const sinceS = () => (performance.now() - started) / 1000;
  let [output, errors, firstLineS, peak] = ['', '', Number.NaN, 0];
  const sampling = setInterval(() => {
    peak = Math.max(peak, peakRssMib(child.pid ?? 0) ?? 0);
  }, RSS_INTERVAL_MS);
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (Number.isNaN(firstLineS) && /^\{".*\}$/m.test(output)) firstLineS = sinceS();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-SHOWN_ERROR_CHARACTERS);
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new SideFailedError(error.message)));
    child.on('close', (code, signal) => {
      clearInterval(sampling);
      const lines = jsonLines(output);
      if (code !== 0 || lines.length === 0) {
        reject(new SideFailedError(`ended with ${signal ?? code}: ${errors.trim() || 'nothing on standard error'}`));
      } else resolve({ lines, firstLineS, peakRssMib: peak, wallS: sinceS() });
    });
  });
}

/**
 * Objects alone: Python's trainers print dictionaries of their own, which begin with a brace and an apostrophe. Two processes
 * that write at once may put their objects on one line.
 */
export function jsonLines(output: string): Line[] {
  const lines = output.replaceAll('}{"', '}\n{"').split('\n');
  return lines.flatMap((line) => (line.startsWith('{"') ? [JSON.parse(line) as Line] : []));
}
