/** `preheat evals compare`: one run of an eval against another. */
import type { RunComparison } from '@preheat/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.js';
import { renderTable } from '../table.js';
import { atLeast, numberBetween } from './arguments.js';
import { openSession } from './session.js';

interface CompareFlags {
  seed: number;
  resamples: number;
  confidence: number;
}

export function addCompareCommand(evals: Command, io: Io): void {
  evals
    .command('compare <eval> <baseline> <candidate>')
    .description('measure one run against another, paired by item')
    .option('--seed <number>', 'of the bootstrap', atLeast(0), 0)
    .option('--resamples <number>', 'of the bootstrap', atLeast(100), 10_000)
    .option('--confidence <number>', 'of the intervals', numberBetween(0.5, 0.999), 0.95)
    .addHelpText('after', '\nExample:\n  $ preheat evals compare eval_1 evalrun_before evalrun_after')
    .action(async (id: string, baseline: string, candidate: string, _flags, command: Command) => {
      const session = openSession<CompareFlags>(command, io);
      const { seed, resamples, confidence } = session.flags;
      const request = { baseline, candidate, seed, resamples, confidence };
      session.show(await session.client.evals.compare(id, request), comparisonText);
    });
}

function comparisonText({ baseline, candidate, paired_items, confidence, results }: RunComparison): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const table = renderTable(
    [
      { title: 'CRITERION' },
      { title: 'BASELINE', align: 'right' },
      { title: 'CANDIDATE', align: 'right' },
      { title: `DIFFERENCE [${percent(confidence)}]`, align: 'right' },
      { title: 'P', align: 'right' },
      { title: 'WIN RATE', align: 'right' },
    ],
    results.map((result) => [
      result.testing_criteria ?? '(all)',
      result.baseline_mean.toFixed(4),
      result.candidate_mean.toFixed(4),
      `${signed(result.mean_difference)} [${signed(result.interval.low)}, ${signed(result.interval.high)}]`,
      result.p_value.toFixed(4),
      percent(result.win_rate),
    ]),
  );
  const named = ({ name, unpaired_items }: RunComparison['baseline']) =>
    `${name}${unpaired_items === 0 ? '' : ` (${unpaired_items} items left out)`}`;
  return `${paired_items} items of ${named(baseline)} and ${named(candidate)}\n\n${table}`;
}
