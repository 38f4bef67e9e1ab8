/** Runs a scenario under many seeds and, when one fails, says which and what happened last. */
import { createSimulation } from './simulation.js';
import type { Simulation } from './simulation.js';

const TRACE_LINES_SHOWN = 30;

export interface RunSeedsOptions {
  /** Run this seed alone: the way to repeat a reported failure. */
  readonly only?: number;
}

export class SeedFailure extends Error {
  override readonly name = 'SeedFailure';
  readonly seed: number;
  readonly trace: readonly string[];

  constructor(seed: number, trace: readonly string[], cause: unknown) {
    const shown = trace.slice(-TRACE_LINES_SHOWN).join('\n  ');
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Seed ${seed} failed: ${reason}\nRepeat it with { only: ${seed} }. Last events:\n  ${shown}`, { cause });
    this.seed = seed;
    this.trace = trace;
  }
}

/**
 * Runs `scenario` under the seeds 0 .. count − 1, each in a simulation of its own whose clock is driven until the
 * scenario settles, and returns their traces. Stops at the first failure.
 * @throws SeedFailure with the seed, the last events, and the scenario's own error as its cause.
 */
export async function runSeeds(
  count: number,
  scenario: (simulation: Simulation) => Promise<void>,
  { only }: RunSeedsOptions = {},
): Promise<string[][]> {
  const seeds = only === undefined ? Array.from({ length: count }, (_, seed) => seed) : [only];
  const traces: string[][] = [];
  for (const seed of seeds) {
    const simulation = createSimulation(seed);
    try {
      await simulation.clock.run(scenario(simulation));
    } catch (error) {
      throw new SeedFailure(seed, simulation.log.lines, error);
    }
    traces.push(simulation.log.lines);
  }
  return traces;
}
