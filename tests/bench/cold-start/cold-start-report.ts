/** The tables of the bench of cold starts: times beside the bare app's, and the size of every function. */
import { median, type MedianRatio } from '../statistics.js';
import { markdownTable } from '../table.js';
import type { FunctionName, Size } from './bundles.js';

export interface ColdStart {
  readonly title: string;
  /** Milliseconds by round. */
  readonly rounds: readonly number[];
  /** Beside the bare app; undefined for itself. */
  readonly ratio?: MedianRatio;
  readonly goal?: number;
}

export interface ColdStartReport {
  readonly machine: string;
  readonly starts: readonly ColdStart[];
  readonly sizes: readonly (readonly [FunctionName, Size])[];
  /** Why something was not measured. */
  readonly missing: readonly string[];
}

const MIB = 1024 * 1024;
const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(2)} MiB`;

export function coldStartReport({ machine, starts, sizes, missing }: ColdStartReport): string {
  const times = markdownTable(
    ['function, first call', 'start to answer', 'of bare Fastify (95 %)', 'goal', ''],
    starts.map(startRow),
  );
  const files = markdownTable(
    ['function', 'JavaScript', 'compiled code', 'all that is deployed'],
    sizes.map(([name, { bundleBytes, compiledBytes, folderBytes }]) => [
      name,
      ...[bundleBytes, compiledBytes, folderBytes].map(mebibytes),
    ]),
  );
  const rounds = starts[0]?.rounds.length ?? 0;
  return [`${machine}; medians of ${rounds} rounds.`, times, files, ...missing].join('\n\n');
}

function startRow({ title, rounds, ratio, goal }: ColdStart): string[] {
  const verdict = ratio && goal !== undefined ? (ratio.ratio <= goal ? 'met' : 'missed') : '';
  return [
    title,
    `${median(rounds).toFixed(0)} ms`,
    ratio ? `**${ratio.ratio.toFixed(2)}** (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})` : '',
    goal === undefined ? '' : `≤ ${goal}`,
    verdict,
  ];
}
