/** Fills a generated block of docs/engine.md and draws its docs/engine/*.svg from a file of measurements: each has a block of its name. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROWING, GROWTH_POINTS, type Growing, growthId } from './growth.js';
import type { Ledger } from './ledger.js';
import type { Match } from './match.js';
import { replaceBlock } from './replace-block.js';
import { type Outcome, outcomesOf, seriesOf } from './outcome.js';
import { type Line, svgPlot } from './plot.js';
import type { Failures } from './run-matches.js';
import { median } from './statistics.js';
import { figure, markdownTable, outcomeTable } from './table.js';

export interface Measured {
  /** Of the block and its plots, such as a processor. */
  readonly name: string;
  readonly matches: readonly Match[];
  readonly ledger: Ledger;
  readonly failures: Failures;
  readonly folders: Readonly<Record<string, string>>;
}

export function writeDocs(docs: string, measured: Measured): void {
  const { matches, ledger } = measured;
  const path = join(docs, 'engine.md');
  const isGrowth = ({ match }: Outcome) => match.id.startsWith('growth-');
  const outcomes = matches.flatMap((match) => outcomesOf(match, ledger, measured.failures, measured.folders));
  const { cpu, cores, node } = ledger.machine;
  const revisions = [...new Set(ledger.entries.map(({ revision }) => revision.slice(0, 8)))].join(', ');
  const parts = [
    `Measured on ${cpu}, ${cores} cores, Node ${node}, at ${revisions}.`,
    outcomeTable(outcomes.filter((outcome) => !isGrowth(outcome))),
    ...boundsTables(measured),
    ...drawGrowth(docs, measured),
  ];
  writeFileSync(path, replaceBlock(readFileSync(path, 'utf8'), `bench:engine ${measured.name}`, parts.join('\n\n')));
}

/** The rate of a step against the peak, and the operators that a step spends its time in. */
function boundsTables({ matches, ledger }: Measured): string[] {
  const valuesOf = (id: string, key: string): number[] =>
    ledger.entries.flatMap(({ match, side, values }) =>
      match === id && side === 'ours' && typeof values[key] === 'number' ? [values[key]] : [],
    );
  const roof = median(valuesOf('roof', 'gflops'));
  const rates = matches.flatMap(({ id, title }) => {
    const rate = median(valuesOf(id, 'gflops'));
    if (!id.startsWith('sft-') || Number.isNaN(rate)) return [];
    const outside = median(valuesOf(id.replace('sft-', 'profile-'), 'outside_products'));
    const of = Number.isNaN(roof) ? '' : `${Math.round((100 * rate) / roof)} %`;
    return [[title, `${figure(rate)} GFLOP/s`, of, Number.isNaN(outside) ? '' : `${Math.round(100 * outside)} %`]];
  });
  if (rates.length === 0) return [];
  return [markdownTable(['work', 'products', 'of the measured peak', 'kernel time outside products'], rates)];
}

function drawGrowth(docs: string, measured: Measured): string[] {
  mkdirSync(join(docs, 'engine'), { recursive: true });
  return GROWING.flatMap((growing) => {
    const lines = growthLines(growing, measured).filter(({ points }) => points.length > 1);
    if (lines.length === 0) return [];
    const title = `Cost of a step by ${growing}`;
    writeFileSync(
      join(docs, 'engine', `${measured.name}-${growing}.svg`),
      svgPlot({ title, xLabel: growing, yLabel: 'ms a step', lines }),
    );
    return [`![${title}](engine/${measured.name}-${growing}.svg)`];
  });
}

function growthLines(growing: Growing, { matches, ledger, folders }: Measured): Line[] {
  const drawn = [
    { name: 'preheat', colour: '#c2410c' },
    { name: 'hand-written torch', colour: '#1d4ed8' },
  ];
  return drawn.map((line, index) => ({
    ...line,
    points: GROWTH_POINTS[growing].flatMap((x) => {
      const match = matches.find(({ id }) => id === growthId(growing, x));
      const side = match?.sides[index];
      const series = match && side ? seriesOf(ledger, match, side, folders) : new Map<number, number>();
      return series.size > 0 ? [{ x, y: median(series.values()) }] : [];
    }),
  }));
}
