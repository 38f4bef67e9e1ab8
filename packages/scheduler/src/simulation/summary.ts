/** A run in figures. Waiting is told by its quantiles, never by its mean; costs are in runner-seconds. */
import type { Prices } from '../policy.js';
import type { Ledger, StartKind } from './ledger.js';
import type { Workload } from './workload.js';

export interface Summary {
  readonly jobs: number;
  readonly warmShare: number;
  readonly swapShare: number;
  readonly coldShare: number;
  /** Share of starts that were not warm, of the key at the third quartile of keys. */
  readonly q3ColdShare: number;
  readonly delayS: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  readonly idleS: number;
  readonly startupS: number;
  readonly busyS: number;
  readonly wakes: number;
  readonly evictions: number;
  /** Useful life of a runner over the time of its starts, at p10, p50 and p90, and the share of runners below 1. */
  readonly utility: { readonly p10: number; readonly p50: number; readonly p90: number; readonly belowOne: number };
  /** J = w·(idle + startup) + λ·Σ start delay, in runner-seconds. */
  readonly costS: number;
}

export function summarise({ jobs }: Workload, ledger: Ledger, prices: Prices): Summary {
  const share = (kind: StartKind): number => ledger.kinds.filter((other) => other === kind).length / jobs.length;
  const { idleMs, startupMs, delayMs } = ledger.total();
  const delays = ledger.delaysMs.toSorted();
  const utility = ledger.lives.map((life) => life.usefulMs / Math.max(1, life.startupMs)).sort((a, b) => a - b);
  return {
    jobs: jobs.length,
    warmShare: share('warm'),
    swapShare: share('swap'),
    coldShare: share('cold'),
    q3ColdShare: thirdQuartileCold(jobs, ledger),
    delayS: {
      p50: quantile(delays, 0.5) / 1000,
      p95: quantile(delays, 0.95) / 1000,
      p99: quantile(delays, 0.99) / 1000,
      max: quantile(delays, 1) / 1000,
    },
    idleS: idleMs / 1000,
    startupS: startupMs / 1000,
    busyS: ledger.busyMs / 1000,
    wakes: ledger.wakes,
    evictions: ledger.evictions,
    utility: {
      p10: quantile(utility, 0.1),
      p50: quantile(utility, 0.5),
      p90: quantile(utility, 0.9),
      belowOne: utility.filter((value) => value < 1).length / Math.max(1, utility.length),
    },
    costS: (prices.runner * (idleMs + startupMs) + prices.waiting * delayMs) / 1000,
  };
}

/** @param sorted Ascending. Linear between neighbours; NaN of nothing. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === undefined || high === undefined ? NaN : low + (high - low) * (at - Math.floor(at));
}

function thirdQuartileCold(jobs: Workload['jobs'], { kinds }: Ledger): number {
  const byKey = new Map<string, { cold: number; all: number }>();
  for (const { id, key } of jobs) {
    const seen = byKey.get(key) ?? { cold: 0, all: 0 };
    byKey.set(key, { cold: seen.cold + (kinds[id] === 'warm' ? 0 : 1), all: seen.all + 1 });
  }
  const shares = [...byKey.values()].map(({ cold, all }) => cold / all).sort((a, b) => a - b);
  return quantile(shares, 0.75);
}
