/** The platform under faults: every property (`properties/`), 1,000 seeds, and every seed that ever failed. */
import { describe, expect, it } from 'vitest';
import { readRegressions } from './regressions.js';
import { reportFailure } from './report-failure.js';
import { runMany } from './run-many.js';
import { runSeed, simulationOf } from './run-seed.js';
import { Scenario } from './scenario.js';

const SEEDS = 1_000;
const WORKERS = 2;
const TIMEOUT_MS = 600_000;

describe('the simulated platform', () => {
  it(`holds under ${SEEDS} seeds of faults`, { timeout: TIMEOUT_MS }, async () => {
    const failures = await runMany({ from: 0, seeds: SEEDS, workers: WORKERS });
    expect(failures.map(reportFailure).join('\n\n')).toBe('');
  });

  it('holds under the seeds that once failed', { timeout: TIMEOUT_MS }, async () => {
    const scenario = await Scenario.open();
    for (const { seed } of readRegressions()) {
      const failure = await runSeed(scenario, seed);
      expect(failure && reportFailure(failure)).toBeUndefined();
    }
  });

  it('does the same thing for the same seed', async () => {
    const scenario = await Scenario.open();
    const traces = [];
    for (const seed of [7, 8, 7]) {
      const simulation = simulationOf(seed);
      await simulation.clock.run(scenario.play(simulation, simulation.log));
      // The one thing told in real time: how long the API took to answer.
      traces.push(simulation.log.lines.join('\n').replaceAll(/"elapsedMs":\d+/g, ''));
    }
    expect(traces[2]).toBe(traces[0]);
    expect(traces[1]).not.toBe(traces[0]);
    expect(traces[0]?.length).toBeGreaterThan(1_000);
  });
});
