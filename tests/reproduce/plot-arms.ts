/** Arms by suite as an SVG: a bar for the mean of greedy pass@1 over seeds, a point for each seed. Nothing to install. */
import type { LedgerEntry } from './ledger.js';

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

export function svgOfArms({ system, preset, arms, seeds, verdict }: LedgerEntry): string {
  const names = Object.keys(arms);
  const suites = [...new Set(Object.values(arms).flatMap(({ summary }) => Object.keys(summary)))];
  const answering = (suite: string) => names.filter((name) => arms[name]?.summary[suite]);
  const blocks = suites.map((suite) => (answering(suite).length + 2) * ROW);
  const topOf = (s: number) => blocks.slice(0, s).reduce((sum, block) => sum + block, TOP);
  const height = topOf(suites.length) + 24;
  const x = (value: number) => LEFT + value * (WIDTH - LEFT - RIGHT);
  const rows = suites.flatMap((suite, s) => {
    const top = topOf(s);
    return [
      text(8, top + ROW, suite, ' font-weight="bold"'),
      ...answering(suite).flatMap((name, i) => {
        const y = top + (i + 1.4) * ROW;
        const colour = COLOURS[names.indexOf(name) % COLOURS.length] ?? '#000';
        const { mean } = arms[name]?.summary[suite] ?? { mean: 0 };
        const points = seeds.map((seed) => arms[name]?.by_seed[String(seed)]?.suites[suite]?.pass_1_greedy ?? 0);
        return [
          text(LEFT - 6, y + 9, name, ' text-anchor="end"'),
          `<rect x="${LEFT}" y="${y.toFixed(1)}" width="${(x(mean) - LEFT).toFixed(1)}" height="11" fill="${colour}" fill-opacity="0.55"/>`,
          ...points.map(
            (value) => `<circle cx="${x(value).toFixed(1)}" cy="${(y + 5.5).toFixed(1)}" r="2.6" fill="${colour}"/>`,
          ),
          text(WIDTH - RIGHT + 8, y + 9, mean.toFixed(3)),
        ];
      }),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(
      8,
      16,
      `${system}, preset ${preset}: greedy pass@1 on held-out items (bar: mean; points: seeds)`,
      ' font-weight="bold"',
    ),
    text(8, 31, verdict),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
      `<path d="M${x(value).toFixed(1)} ${TOP}V${height - 20}" stroke="#ddd"/>`,
      text(x(value), height - 6, String(value), ' text-anchor="middle"'),
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
