/**
 * Arms by suite as an SVG: a bar for the mean of greedy pass@1 over seeds, a point for each seed; of an experiment without suites, the
 * validation loss after the last step. Nothing to install.
 */
import type { LedgerEntry, LedgerSeed } from './ledger.js';
import { mean } from './scores.js';

export const PLOT_FILE = 'arms.svg';

const [WIDTH, ROW, LEFT, RIGHT, TOP] = [640, 15, 190, 56, 40];
const COLOURS = [
  '#777777',
  '#1b6ca8',
  '#c8553d',
  '#3a7d44',
  '#8d5a97',
  '#b8860b',
  '#2f8f9d',
  '#a83279',
  '#556b2f',
  '#444e86',
];

interface Block {
  readonly title: string;
  readonly valueOf: (seed: LedgerSeed) => number | undefined;
}

interface Plot {
  readonly shows: string;
  readonly blocks: readonly Block[];
  readonly scale: number;
}

function plotOf({ arms }: LedgerEntry): Plot {
  const suites = [...new Set(Object.values(arms).flatMap(({ summary }) => Object.keys(summary)))];
  const passes = suites.map((title) => ({ title, valueOf: (seed: LedgerSeed) => seed.suites[title]?.pass_1_greedy }));
  if (passes.length > 0) return { shows: 'greedy pass@1 on held-out items', blocks: passes, scale: 1 };
  const valueOf = ({ losses }: LedgerSeed) => losses?.last;
  const values = Object.values(arms).flatMap((arm) =>
    Object.values(arm.by_seed).flatMap((seed) => valueOf(seed) ?? []),
  );
  const shows = 'validation loss after the last step, nats a token';
  return { shows, blocks: [{ title: 'loss', valueOf }], scale: Math.max(...values, 0.1) };
}

export function svgOfArms(entry: LedgerEntry): string {
  const { system, preset, arms, verdict } = entry;
  const { shows, blocks, scale } = plotOf(entry);
  const names = Object.keys(arms);
  const valuesOf = (name: string, { valueOf }: Block) =>
    Object.values(arms[name]?.by_seed ?? {}).flatMap((seed) => valueOf(seed) ?? []);
  const shown = (block: Block) => names.filter((name) => valuesOf(name, block).length > 0);
  const heights = blocks.map((block) => (shown(block).length + 2) * ROW);
  const topOf = (b: number) => heights.slice(0, b).reduce((sum, height) => sum + height, TOP);
  const height = topOf(blocks.length) + 24;
  const x = (value: number) => LEFT + (value / scale) * (WIDTH - LEFT - RIGHT);
  const rows = blocks.flatMap((block, b) => [
    text(8, topOf(b) + ROW, block.title, ' font-weight="bold"'),
    ...shown(block).flatMap((name, i) => {
      const y = topOf(b) + (i + 1.4) * ROW;
      const colour = COLOURS[names.indexOf(name) % COLOURS.length] ?? '#000';
      const values = valuesOf(name, block);
      return [
        text(LEFT - 6, y + 9, name, ' text-anchor="end"'),
        `<rect x="${LEFT}" y="${y.toFixed(1)}" width="${(x(mean(values)) - LEFT).toFixed(1)}" height="11" fill="${colour}" fill-opacity="0.55"/>`,
        ...values.map(
          (value) => `<circle cx="${x(value).toFixed(1)}" cy="${(y + 5.5).toFixed(1)}" r="2.6" fill="${colour}"/>`,
        ),
        text(WIDTH - RIGHT + 8, y + 9, mean(values).toFixed(3)),
      ];
    }),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(8, 16, `${system}, preset ${preset}: ${shows} (bar: mean; points: seeds)`, ' font-weight="bold"'),
    text(8, 31, verdict),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      `<path d="M${x(share * scale).toFixed(1)} ${TOP}V${height - 20}" stroke="#ddd"/>`,
      text(x(share * scale), height - 6, Number((share * scale).toPrecision(2)).toString(), ' text-anchor="middle"'),
    ]),
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, extra = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${extra}>${escaped}</text>`;
}
