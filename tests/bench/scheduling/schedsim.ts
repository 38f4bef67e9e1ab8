/** `npm run schedsim -- --help`: simulates scheduling policies on real traces, and writes docs/scheduling.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { halves, simulateSecondHalf, summarise, type Summary } from '@preheat/scheduler/simulation';
import { svgPlot } from '../plot.js';
import { replaceBlock } from '../replace-block.js';
import { markdownTable } from '../table.js';
import { BLOCKS } from './blocks.js';
import { frontierPlot } from './frontier.js';
import { PER_KEY_POLICIES, perKeyOptions } from './per-key.js';
import { traceNamed } from './traces.js';

const HELP = `npm run schedsim [-- options]: simulate scheduling policies on the second half of a trace, learned on the first.

  --trace NAME     gentd26 (default) or philly
  --policy NAME    none, fixed-<seconds>, break-even, randomised-ski-rental, hybrid-histogram, rainbow-cake,
                   greedy-dual, kpa, keda or learned; may be given more than once (default: ${PER_KEY_POLICIES.join(', ')})
  --lambda N       what a waiting second is worth in runner-seconds (9)
  --shifted        ends move with late starts
  --table          the whole comparison into docs/scheduling.md, with its plot
  --block NAME     only this block of it: ${Object.keys(BLOCKS).join(', ')}

Traces are read from PREHEAT_TRACES, else from ../shared/traces beside the project.`;

const DOCUMENT = fileURLToPath(new URL('../../../docs/scheduling.md', import.meta.url));
const PLOT = fileURLToPath(new URL('../../../docs/scheduling/frontier.svg', import.meta.url));

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    trace: { type: 'string', default: 'gentd26' },
    policy: { type: 'string', multiple: true, default: PER_KEY_POLICIES },
    lambda: { type: 'string', default: '9' },
    shifted: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
    block: { type: 'string' },
  },
});
if (values.help) console.log(HELP);
else if (values.table) writeTables(Object.keys(BLOCKS), true);
else if (values.block !== undefined) writeTables([values.block], values.block === 'per-key');
else console.log(policyTable());

function writeTables(names: readonly string[], withPlot: boolean): void {
  for (const name of names) {
    const block = BLOCKS[name];
    if (!block) throw new Error(`--block takes ${Object.keys(BLOCKS).join(', ')}, not ${name}`);
    const content = block();
    console.log(`${name}\n\n${content}\n`);
    writeFileSync(DOCUMENT, replaceBlock(readFileSync(DOCUMENT, 'utf8'), name, content));
  }
  if (withPlot) writeFileSync(PLOT, svgPlot(frontierPlot()));
}

function policyTable(): string {
  const { load, startMs } = traceNamed(values.trace);
  const lambda = Number(values.lambda);
  if (!(lambda > 0)) throw new Error(`--lambda takes a number above 0, not ${values.lambda}`);
  const split = halves(load());
  const rows = values.policy.map((policy) => {
    const options = { ...perKeyOptions(policy, startMs, lambda), isShifted: values.shifted };
    return [policy, ...summaryCells(summarise(split.test, simulateSecondHalf(split, options).ledger, options.prices))];
  });
  return markdownTable(['policy', ...SUMMARY_HEADER], rows);
}

const SUMMARY_HEADER = [
  ...['warm', 'swap', 'cold', 'Q3 cold', 'delay p50', 'p95', 'p99', 'max (s)', 'idle (h)', 'starting (h)'],
  ...['starts', 'utility p10', 'p50', 'p90', '< 1', 'J (h)'],
];

function summaryCells(summary: Summary): string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const { delayS, utility } = summary;
  const shares = [summary.warmShare, summary.swapShare, summary.coldShare, summary.q3ColdShare].map(percent);
  const delays = [delayS.p50, delayS.p95, delayS.p99, delayS.max].map((seconds) => seconds.toFixed(1));
  const hours = [summary.idleS, summary.startupS].map((seconds) => (seconds / 3600).toFixed(1));
  const ratios = [utility.p10, utility.p50, utility.p90].map((ratio) => ratio.toFixed(1));
  const ends = [percent(utility.belowOne), (summary.costS / 3600).toFixed(0)];
  return [...shares, ...delays, ...hours, String(summary.wakes), ...ratios, ...ends];
}
