/**
 * One deterministic run: a virtual clock, one seed for all chance, predictable ids, and a trace of everything that
 * was logged. A program that takes its clock, randomness and ids from here does the same thing for the same seed,
 * so the seed is the bug report.
 */
import { CounterRandom, VirtualClock } from '@preheat/ports';
import type { Ids, Random } from '@preheat/ports';
import { TraceLog } from './trace-log.js';

export interface Simulation {
  readonly seed: number;
  readonly clock: VirtualClock;
  /** Fork it by label for each part of the scenario, so that a new part does not shift the others' draws. */
  readonly random: Random;
  readonly ids: Ids;
  readonly log: TraceLog;
}

/** @param startMs Time at the start; that of `VirtualClock` unless given. */
export function createSimulation(seed: number, startMs?: number): Simulation {
  const clock = new VirtualClock(startMs);
  return { seed, clock, random: CounterRandom.fromSeed(seed), ids: new CountingIds(), log: TraceLog.open(clock) };
}

/** Ids in order of creation, wide enough that text order is that order. */
class CountingIds implements Ids {
  #count = 0;

  next(prefix: string): string {
    this.#count += 1;
    return `${prefix}${String(this.#count).padStart(8, '0')}`;
  }
}
