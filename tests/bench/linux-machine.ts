/** Processor time from Linux's /proc. Elsewhere there is no guard, and the bench says so instead of pretending. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { CpuReading, GuardedMachine } from './guard.js';

/** Of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export const hasProc = (): boolean => existsSync('/proc/stat');

export const linuxMachine: GuardedMachine = {
  cores: cpus().length,
  read: (): CpuReading => ({ machineBusyS: machineBusyS(), ownS: ownS(), wallS: performance.now() / 1000 }),
  pause: (seconds) => pause(seconds * 1000),
};

/** user, nice, system, irq, softirq and steal; not idle and iowait. */
function machineBusyS(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = line.split(/\s+/).slice(1).map(Number);
  return [0, 1, 2, 5, 6, 7].reduce((sum, field) => sum + (ticks[field] ?? 0), 0) / TICKS_PER_SECOND;
}

/** utime, stime and those of children that were waited for: fields 14 to 17 (proc(5)); the name before may hold spaces. */
function ownS(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

/** Largest resident memory of a process so far, MiB; undefined when it has ended. */
export function peakRssMib(pid: number): number | undefined {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined; // between its end and our hearing of it
  }
}
