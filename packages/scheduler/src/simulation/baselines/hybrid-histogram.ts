/**
 * Hybrid histogram (Shahrad et al., ATC 2020): idle times of an application in one-minute bins over four hours. When they are
 * representative, the runner leaves at once and another is warm from 0.9 of the 5th percentile to 1.1 of the 99th; when not,
 * it stays for the whole range; when most idle times are longer than the range, the mean of the last ones is expected (the
 * paper forecasts with ARIMA there) with its margins of 15 %.
 */
import type { Action, Policy } from '../../policy.js';
import { wakesWhenShort } from '../../wake-when-short.js';

const BIN_MS = 60_000;
const BINS = 240;
const [HEAD, TAIL] = [0.05, 0.99];
const MARGIN = 0.1;
const FORECAST_MARGIN = 0.15;
/** Bins vary at least this much (coefficient of variation of their counts) when a pattern stands out. */
const REPRESENTATIVE_VARIATION = 2;
const MOSTLY_OUT_OF_BOUNDS = 0.5;
const REMEMBERED = 8;

interface IdleTimes {
  readonly counts: readonly number[];
  readonly beyond: number;
  readonly lastMs: readonly number[];
  readonly releasedMs: number | null;
}

export const hybridHistogram: Policy<IdleTimes> = {
  name: 'hybrid histogram',
  nothing: { counts: new Array<number>(BINS).fill(0), beyond: 0, lastMs: [], releasedMs: null },
  decide(view, event, { own, pooled }) {
    if (event.type === 'submitted') return { actions: wakesWhenShort(view), own: observe(own, view.nowMs), pooled };
    if (event.type === 'tick') return { actions: [], own, pooled };
    return { actions: window(own), own: { ...own, releasedMs: view.nowMs }, pooled };
  },
};

/** An application is idle from its last release to its next arrival. */
function observe(seen: IdleTimes, nowMs: number): IdleTimes {
  if (seen.releasedMs === null) return seen;
  // What was learned on one stretch of time may reach into the next.
  const idleMs = Math.max(0, nowMs - seen.releasedMs);
  const bin = Math.floor(idleMs / BIN_MS);
  const lastMs = [...seen.lastMs, idleMs].slice(-REMEMBERED);
  if (bin >= BINS) return { ...seen, beyond: seen.beyond + 1, lastMs, releasedMs: null };
  return { ...seen, counts: seen.counts.with(bin, (seen.counts[bin] as number) + 1), lastMs, releasedMs: null };
}

function window({ counts, beyond, lastMs }: IdleTimes): Action[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (beyond > 0 && beyond >= MOSTLY_OUT_OF_BOUNDS * (total + beyond)) return forecast(lastMs);
  if (variation(counts, total) < REPRESENTATIVE_VARIATION) return [{ type: 'linger', forMs: BINS * BIN_MS }];
  const headMs = binAt(counts, total * HEAD) * BIN_MS * (1 - MARGIN);
  const tailMs = (binAt(counts, total * TAIL) + 1) * BIN_MS * (1 + MARGIN);
  return stayOrReturn(headMs, tailMs - headMs);
}

function forecast(lastMs: readonly number[]): Action[] {
  const expectedMs = lastMs.reduce((sum, ms) => sum + ms, 0) / lastMs.length;
  return stayOrReturn(expectedMs * (1 - FORECAST_MARGIN), expectedMs * 2 * FORECAST_MARGIN);
}

function stayOrReturn(afterMs: number, forMs: number): Action[] {
  if (afterMs < BIN_MS) return [{ type: 'linger', forMs: afterMs + forMs }];
  return [
    { type: 'linger', forMs: 0 },
    { type: 'warm', afterMs, forMs },
  ];
}

function variation(counts: readonly number[], total: number): number {
  if (total === 0) return 0;
  const mean = total / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  return Math.sqrt(variance) / mean;
}

/** First bin at which the counts up to it reach `wanted`. */
function binAt(counts: readonly number[], wanted: number): number {
  let sum = 0;
  return Math.max(
    0,
    counts.findIndex((count) => (sum += count) >= wanted),
  );
}
