/** The tables of docs/scheduling.md by the names of their blocks. */
import type { Summary } from '@preheat/scheduler/simulation';
import { markdownTable } from '../table.js';
import { batchTable } from './batching.js';
import { chainRows, chainTable } from './next-phase.js';
import { PER_KEY_POLICIES, type PerKeyResult, perKeyResult } from './per-key.js';
import { queueStartRows } from './queue-starts.js';
import { PLACED_CASES, SHARED_CASES, sharedPoolRatio, sharedSummary } from './shared-pool.js';
import { spotTable } from './spot-machines.js';
import { cappedRatios, deliveryRows, scalerRows, type StressRow } from './stress.js';
import { LAMBDAS, TRACES } from './traces.js';

export const BLOCKS: Readonly<Record<string, () => string>> = {
  'per-key': perKeyBlock,
  'shared-pool': sharedPoolBlock,
  'next-phase': () => markdownTable(CHAIN_HEADER, chainTable(chainRows())),
  'scale-out': () => stressTable(scalerRows()),
  delivery: () => stressTable(deliveryRows()),
  capped: () =>
    markdownTable(
      ['policy', 'J/O4'],
      cappedRatios().map(({ name, ratio }) => [name, ratio.toFixed(3)]),
    ),
  'queue-starts': () => markdownTable(QUEUE_HEADER, queueStartRows()),
  spot: () => markdownTable(SPOT_HEADER, spotTable()),
  batching: () => markdownTable(BATCH_HEADER, batchTable()),
};

const CHAIN_HEADER = [
  ...['end early / fail', 'next start is asked for', 'next phase waits p50 (s)', 'p95', 'p99'],
  ...['evaluation waits p95 (s)', 'idle and starting (h)', 'all runner time (h)'],
];
const QUEUE_HEADER = [
  ...['runners', 'jobs asked', 'no end told', 'start in the range told', 'later', 'wait p50 (min)'],
  ...['error of its middle p50 (min)', 'width p50 (min)'],
];
const SPOT_HEADER = ['rule', 'cost of on demand', 'late', 'starts, checkpoints, lost work', 'interruptions'];
const BATCH_HEADER = ['trace', 'rule', 'latency p50 (ms)', 'p95', 'p99', 'batch', 'busy (s)'];

function perKeyBlock(): string {
  const results = Object.values(TRACES).map((trace) => ({ trace, result: perKeyResult(trace, PER_KEY_POLICIES) }));
  const header = ['policy', ...results.flatMap(({ trace }) => LAMBDAS.map((lambda) => `${trace.name} λ = ${lambda}`))];
  const names = [...PER_KEY_POLICIES, 'tuned fixed'];
  const floors = results.flatMap(({ result }) => result.floors.map((floor) => floor.toFixed(3)));
  const policies = names.map((policy) => [policy, ...results.flatMap(({ result }) => ratioCells(result, policy))]);
  const rows = [...policies, ['the bound O2', ...floors]];
  const notes = results.map(({ trace, result }) => {
    return `${trace.name}: ${result.jobs.toLocaleString('en')} jobs, ${result.compulsory.toLocaleString('en')} compulsory starts.`;
  });
  return `${markdownTable(header, rows)}\n\n${notes.join(' ')}`;
}

function ratioCells({ ratios }: PerKeyResult, policy: string): string[] {
  return LAMBDAS.map((lambda) => {
    const found = ratios.find((ratio) => ratio.lambda === lambda && ratio.policy.startsWith(policy));
    if (!found) return '';
    const seconds = /\((.*)\)/.exec(found.policy)?.[1];
    const { low, high } = found.interval;
    const isShown = policy === 'learned' || seconds !== undefined;
    const extra = isShown
      ? ` (${seconds === undefined ? '' : `${seconds}; `}${low.toFixed(2)}–${high.toFixed(2)})`
      : '';
    return `${found.ratio.toFixed(3)}${extra}`;
  });
}

function sharedPoolBlock(): string {
  const rows = [1, 9].flatMap((lambda) => {
    const fixed = SHARED_CASES.map((test) => {
      const isComparable = test.isShared && test.hasAffinity;
      const ratio = isComparable ? sharedPoolRatio(test, lambda).toFixed(3) : '';
      return [String(lambda), 'fixed', test.name, ...stressCells(sharedSummary(test, lambda, false)), ratio];
    });
    const moving = [...SHARED_CASES.filter(({ hasMovingEnds }) => hasMovingEnds), ...PLACED_CASES].map((test) => {
      return [String(lambda), 'moving', test.name, ...stressCells(sharedSummary(test, lambda, true)), ''];
    });
    return [...fixed, ...moving];
  });
  return markdownTable(['λ', 'ends', 'pool', ...STRESS_HEADER, 'J/O3'], rows);
}

const STRESS_HEADER = ['warm / swap / cold (%)', 'delay p50', 'p95', 'p99 (s)', 'idle (h)', 'starts', 'J (h)'];

function stressTable(rows: readonly StressRow[]): string {
  return markdownTable(
    ['', ...STRESS_HEADER],
    rows.map(({ name, summary }) => [name, ...stressCells(summary)]),
  );
}

function stressCells({ warmShare, swapShare, coldShare, delayS, idleS, wakes, costS }: Summary): string[] {
  const shares = [warmShare, swapShare, coldShare].map((share) => (100 * share).toFixed(1)).join(' / ');
  const delays = [delayS.p50, delayS.p95, delayS.p99].map((seconds) => seconds.toFixed(1));
  return [shares, ...delays, (idleS / 3600).toFixed(0), String(wakes), (costS / 3600).toFixed(0)];
}
