/** One row a comparison with a peer, from what vitest reported: the worst of its cases stands for all of them. */
import { markdownTable } from '../bench/table.js';
import type { Comparison } from './comparison.js';
import type { PeerVersions } from './peer-versions.js';

/** A test as vitest's JSON reporter has it. */
export interface ReportedTest {
  readonly fullName: string;
  readonly title: string;
  readonly status: string;
  readonly meta?: { readonly comparisons?: readonly Comparison[] };
}

export interface ReportedFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly ReportedTest[];
}

const HEADER = ['comparison', 'peer', 'cases', 'largest deviation', 'bound', 'verdict'];
/** What a skipped test says in its title: peer-python.ts. */
const REASON = /\((needs [^)]+)\)$/;

export function parityTable(files: readonly ReportedFile[], versions: PeerVersions): string {
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const comparisons = tests.flatMap(({ meta }) => meta?.comparisons ?? []);
  const rows = grouped(comparisons, ({ check, peers }) => `${check} ${peers.join()}`);
  return markdownTable(HEADER, [
    ...[...rows.values()].map((cases) => comparedRow(cases, versions)),
    ...skippedRows(tests),
    ...failedRows(files),
  ]);
}

/** Whether a file could not run, or a test failed. */
export const hasFailed = (files: readonly ReportedFile[]): boolean => failedRows(files).length > 0;

/** How much of the bound is used up; NaN counts as all of it and more. */
const strain = ({ difference, bound }: Comparison): number => {
  if (difference === null || Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
  return difference === 0 ? 0 : difference / bound;
};

function comparedRow(cases: readonly Comparison[], versions: PeerVersions): string[] {
  const worst = cases.reduce((most, each) => (strain(each) > strain(most) ? each : most));
  const peers = worst.peers.map((peer) => `${peer} ${versions[peer] ?? '(version unknown)'}`);
  return [
    worst.check,
    peers.join(', '),
    String(cases.length),
    `${figure(worst.difference)} (${worst.configuration})`,
    worst.bound === 0 ? `no ${worst.unit}` : `${figure(worst.bound)} ${worst.unit}`,
    strain(worst) <= 1 ? 'within' : '**beyond**',
  ];
}

/** JSON has no NaN: it arrives as null. */
const figure = (value: number | null): string =>
  value === null ? 'not a number' : Number.isInteger(value) ? String(value) : value.toExponential(1);

function skippedRows(tests: readonly ReportedTest[]): string[][] {
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const byReason = grouped(skipped, ({ title }) => REASON.exec(title)?.[1] ?? 'skipped');
  return [...byReason].map(([reason, titles]) => {
    const [first] = titles;
    const what = titles.length === 1 && first ? first.title.replace(REASON, '').trim() : `${titles.length} tests`;
    return [what, '', '', '', '', `not run: ${reason}`];
  });
}

function failedRows(files: readonly ReportedFile[]): string[][] {
  const broken = files.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
  const failed = files.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed'));
  const titles = [...broken.map(({ name }) => name), ...failed.map(({ fullName }) => fullName)];
  return titles.map((title) => [title, '', '', '', '', '**failed**']);
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
