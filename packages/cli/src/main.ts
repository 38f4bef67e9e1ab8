/** The process behind `preheat`: the only place of this package that touches the real terminal, clock and signals. */
import { setTimeout as wait } from 'node:timers/promises';
import { runCli } from './cli.js';
import { EXIT } from './exit-codes.js';
import type { Io } from './io.js';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second time, the person does not want to wait for a clean end; children still go, with this process.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error(`interrupted by ${signal}`));
  });
}

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  nowMs: Date.now,
  sleep: (durationMs, signal) => wait(durationMs, undefined, signal ? { signal } : {}),
  signal: interrupt.signal,
};

process.exitCode = await runCli(process.argv.slice(2), io);
