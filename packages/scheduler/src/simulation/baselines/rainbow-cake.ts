/**
 * The user layer of RainbowCake (Yu et al., ASPLOS 2024): stays for the 0.8 quantile of the next arrival under Poisson
 * arrivals, at least 60 s and at most what a start of the layer is worth, and is warmed at that quantile again.
 */
import type { Action, Policy, PoolView } from '../../policy.js';
import { wakesWhenShort } from '../../wake-when-short.js';

const QUANTILE = 0.8;
const REMEMBERED = 6;
const MEMORY_MS = 24 * 3_600_000;
const SHORTEST_MS = 60_000;
/** Price of a start against memory; the layer's memory in MB, as the authors' code weighs them. */
const ALPHA = 0.996;
const LAYER_MB = 128;

type Arrivals = readonly number[];

export const rainbowCake: Policy<Arrivals> = {
  name: 'RainbowCake',
  nothing: [],
  decide(view, event, { own, pooled }) {
    if (event.type === 'tick') return { actions: [], own, pooled };
    if (event.type === 'released') return { actions: [{ type: 'linger', forMs: stayMs(own, view) }], own, pooled };
    const arrivals = [...own.filter((ms) => view.nowMs - ms < MEMORY_MS), view.nowMs].slice(-REMEMBERED);
    return { actions: [...wakesWhenShort(view), ...warmNext(arrivals, view)], own: arrivals, pooled };
  },
};

function stayMs(arrivals: Arrivals, view: PoolView): number {
  const longestMs = breakEvenMs(view);
  const quantileMs = quantileOfNextMs(arrivals);
  return quantileMs === null ? longestMs : Math.max(Math.min(SHORTEST_MS, longestMs), Math.min(quantileMs, longestMs));
}

/** Only when the runner will have left by then. */
function warmNext(arrivals: Arrivals, view: PoolView): Action[] {
  const quantileMs = quantileOfNextMs(arrivals);
  if (quantileMs === null || quantileMs <= breakEvenMs(view)) return [];
  return [{ type: 'warm', afterMs: quantileMs, forMs: SHORTEST_MS }];
}

function breakEvenMs({ bootMs, loadMs }: PoolView): number {
  return Math.ceil((ALPHA * (bootMs + loadMs)) / ((1 - ALPHA) * LAYER_MB));
}

function quantileOfNextMs(arrivals: Arrivals): number | null {
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  if (first === undefined || last === undefined || arrivals.length < 2) return null;
  return Math.ceil((-(last - first) / (arrivals.length - 1)) * Math.log(1 - QUANTILE));
}
