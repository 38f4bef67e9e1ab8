/** Keeps a process running: starts it again when it ends, as long as the restart policy allows, until stopped. */
import { CommandFailed } from '../io.js';
import { type ChildSpec, describeExit, type RunningChild, startChild } from './child-process.js';
import { type CrashRow, decideRestart, MAX_CRASHES } from './restart-policy.js';

/** What the processes of the platform end with then (docs/configuration.md): another start would end the same. */
const EXIT_WRONG_SETTINGS = 78;

export interface KeepRunningOptions {
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  readonly start?: (spec: ChildSpec) => RunningChild;
}

export interface KeptProcess {
  /** Resolves with the reason when the process crashes too often; never when it is stopped. */
  readonly gaveUp: Promise<Error>;
  stop(): Promise<void>;
}

export function keepRunning(spec: ChildSpec, options: KeepRunningOptions): KeptProcess {
  const stopping = new AbortController();
  const start = options.start ?? startChild;
  let current = start(spec);
  let startedAtMs = options.nowMs();
  let row: CrashRow = { crashes: 0 };

  async function supervise(): Promise<Error | undefined> {
    for (;;) {
      const exit = await current.exit;
      if (stopping.signal.aborted) return undefined;
      if (exit.code === EXIT_WRONG_SETTINGS)
        return new CommandFailed(`${spec.name} was given wrong settings, see above`);
      const decision = decideRestart(row, options.nowMs() - startedAtMs);
      if (!decision.restart) {
        return new CommandFailed(
          `${spec.name} ended ${MAX_CRASHES + 1} times in a row, last with ${describeExit(exit)}`,
        );
      }
      spec.log(spec.name, `ended with ${describeExit(exit)}; starting it again in ${decision.delayMs} ms`);
      row = decision.row;
      await options.sleep(decision.delayMs, stopping.signal).catch(rethrowUnless(stopping.signal));
      if (stopping.signal.aborted) return undefined;
      current = start(spec);
      startedAtMs = options.nowMs();
    }
  }

  const supervised = supervise();
  return {
    gaveUp: new Promise((resolve) => void supervised.then((error) => error && resolve(error))),
    async stop() {
      stopping.abort();
      await current.stop();
      await supervised;
    },
  };
}

/** A wait that ended because of `signal` ended as intended. */
const rethrowUnless =
  (signal: AbortSignal) =>
  (error: unknown): void => {
    if (!signal.aborted) throw error;
  };
