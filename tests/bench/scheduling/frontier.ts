/** Waiting against idling on GenTD26's second half: fixed times trace one curve, prices of waiting the other. */
import { halves, simulateSecondHalf, summarise } from '@preheat/scheduler/simulation';
import type { Plot } from '../plot.js';
import { perKeyOptions } from './per-key.js';
import { traceNamed } from './traces.js';

const FIXED_S = [30, 60, 120, 300, 600, 1200, 3600];
const LAMBDAS = [1, 4, 9, 29, 99];

export function frontierPlot(): Plot {
  const { load, startMs } = traceNamed('gentd26');
  const split = halves(load());
  const point = (policy: string, lambda: number) => {
    const options = perKeyOptions(policy, startMs, lambda);
    const summary = summarise(split.test, simulateSecondHalf(split, options).ledger, options.prices);
    // Of the waiting, since quantiles are all of one start here: how many hours users waited in all.
    const waitedS = (summary.swapShare + summary.coldShare) * summary.jobs * (startMs / 1000);
    return { x: Math.round(summary.idleS / 3600), y: waitedS / 3600 };
  };
  return {
    title: 'GenTD26, one pool a model',
    xLabel: 'idle runner-hours',
    yLabel: 'hours users waited',
    lines: [
      { name: 'fixed 30 s … 3,600 s', colour: '#b44', points: FIXED_S.map((seconds) => point(`fixed-${seconds}`, 1)) },
      { name: 'learned, λ = 1 … 99', colour: '#26a', points: LAMBDAS.map((lambda) => point('learned', lambda)) },
    ],
  };
}
