/** The process behind `preheat`: the only place of this package that touches the real terminal, clock and signals. */
import { setTimeout as wait } from 'node:timers/promises';
import { runCli } from './cli.js';
import { EXIT } from './exit-codes.js';
import type { Io } from './io.js';

/** One Ctrl-C may arrive several times: from the terminal or `timeout`, and passed on by npm and by bin/from-clone.mjs. */
const SAME_INTERRUPT_MS = 500;

const interrupt = new AbortController();
let interruptedAtMs = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!interrupt.signal.aborted) {
      interruptedAtMs = Date.now();
      interrupt.abort(new Error(`interrupted by ${signal}`));
    }
    // The second time, the person does not want to wait for a clean end; children still go, with this process.
    if (Date.now() - interruptedAtMs > SAME_INTERRUPT_MS) process.exit(EXIT.interrupted);
  });
}

/** `preheat … | head` closes the pipe once it has enough: no failure of ours, and nothing that is left to say. */
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exitCode = EXIT.outputClosed;
    interruptedAtMs = Date.now();
    interrupt.abort(new Error('the output was closed'));
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

const code = await runCli(process.argv.slice(2), io);
process.exitCode ??= code;
