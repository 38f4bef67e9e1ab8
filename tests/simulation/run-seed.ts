/** One seed, from its number to its verdict. */
import type { Log } from '@preheat/ports';
import { createSimulation, type Simulation } from '@preheat/simulator';
import { PropertyViolated, type Scenario } from './scenario.js';

export interface SeedFailure {
  readonly seed: number;
  readonly property: string;
  readonly reason: string;
  /** The last lines of the trace. */
  readonly trace: readonly string[];
}

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

/** Undefined when everything held. A failing seed is run a second time, with its trace: the same things happen. */
export async function runSeed(scenario: Scenario, seed: number, lines = 60): Promise<SeedFailure | undefined> {
  const quick = await verdictOf(scenario, seed, false);
  if (!quick) return undefined;
  const { error, trace } = (await verdictOf(scenario, seed, true)) ?? { error: quick.error, trace: [] };
  const isSame = error.message === quick.error.message;
  const reason = isSame ? error.message : `${quick.error.message}; repeated: ${error.message}`;
  const property = error instanceof PropertyViolated ? error.property : error.name;
  return { seed, property, reason, trace: lines > 0 ? trace.slice(-lines) : [] };
}

/** Well after the platform's epoch, which a machine whose clock is slow must not meet. */
const START_MS = Date.UTC(2030, 0, 1);

export const simulationOf = (seed: number): Simulation => createSimulation(seed, START_MS);

export async function verdictOf(
  scenario: Scenario,
  seed: number,
  traced: boolean,
): Promise<{ error: Error; trace: readonly string[] } | undefined> {
  const simulation = simulationOf(seed);
  const log = traced ? simulation.log : SILENT;
  try {
    await simulation.clock.run(scenario.play(simulation, log));
    return undefined;
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)), trace: simulation.log.lines };
  }
}
