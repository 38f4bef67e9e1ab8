/**
 * Keeps other load out of a measurement: waits until the machine is idle, compares the processor time of everything with
 * that of the measured process, and tries again when others took too much. On a few shared cores a peer over OpenMP slows
 * down tenfold beside one busy neighbour, so an unguarded median says nothing and would flatter us.
 */

/** Seconds of processor time so far. */
export interface CpuReading {
  readonly machineBusyS: number;
  /** Of this process and of its children that have ended. */
  readonly ownS: number;
  readonly wallS: number;
}

export interface GuardedMachine {
  readonly cores: number;
  read(): CpuReading;
  pause(seconds: number): Promise<void>;
}

export interface GuardOptions {
  /** Share of the machine that others may take. */
  readonly maxForeign: number;
  readonly tries: number;
  /** Longest wait for an idle machine before a run. */
  readonly idleLimitS: number;
}

export const GUARD: GuardOptions = { maxForeign: 0.06, tries: 3, idleLimitS: 60 };
const IDLE_WINDOW_S = 0.5;

export interface Guarded<T> {
  readonly value: T;
  /** Share of the machine that others took during the run that was kept. */
  readonly foreignCpu: number;
}

/** The least disturbed of up to `tries` runs. */
export async function guarded<T>(
  machine: GuardedMachine,
  run: () => Promise<T>,
  options: GuardOptions = GUARD,
): Promise<Guarded<T>> {
  let best: Guarded<T> | undefined;
  for (let attempt = 0; attempt < options.tries; attempt++) {
    await waitUntilIdle(machine, options);
    const before = machine.read();
    const value = await run();
    const foreignCpu = foreignShare(before, machine.read(), machine.cores);
    if (!best || foreignCpu < best.foreignCpu) best = { value, foreignCpu };
    if (foreignCpu <= options.maxForeign) break;
  }
  if (!best) throw new Error(`a guarded run needs at least one try, got ${options.tries}`);
  return best;
}

export function foreignShare(before: CpuReading, after: CpuReading, cores: number): number {
  const busy = after.machineBusyS - before.machineBusyS;
  const own = after.ownS - before.ownS;
  return Math.max(0, busy - own) / (Math.max(1e-9, after.wallS - before.wallS) * cores);
}

async function waitUntilIdle(machine: GuardedMachine, { maxForeign, idleLimitS }: GuardOptions): Promise<void> {
  for (let waited = 0; waited < idleLimitS; waited += IDLE_WINDOW_S) {
    const before = machine.read();
    await machine.pause(IDLE_WINDOW_S);
    if (foreignShare(before, machine.read(), machine.cores) < maxForeign) return;
  }
}
