/** A small line plot with logarithmic axes as SVG: enough to see a slope, with nothing to install. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [420, 280, 56, 16, 34, 44];

type Scale = (value: number) => number;

export function svgPlot({ title, xLabel, yLabel, lines }: Plot): string {
  const xs = lines.flatMap(({ points }) => points.map(({ x }) => x));
  const ys = lines.flatMap(({ points }) => points.map(({ y }) => y));
  const x = logScale(xs, LEFT, WIDTH - RIGHT);
  const y = logScale(ys, HEIGHT - BOTTOM, TOP);
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(middle, 16, title, 'middle', ' font-weight="bold"'),
    text(middle, HEIGHT - 8, xLabel, 'middle'),
    `<text transform="translate(14 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>`,
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#444"/>`,
    ...[...new Set(xs)].map((value) => text(x(value), HEIGHT - BOTTOM + 14, String(value), 'middle')),
    ...ticks(ys).map((value) => text(LEFT - 5, y(value) + 4, String(value), 'end')),
    ...lines.flatMap((line, index) => drawn(line, index, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ name, colour, points }: Line, index: number, x: Scale, y: Scale): string[] {
  const at = points.map((point) => [x(point.x).toFixed(1), y(point.y).toFixed(1)] as const);
  return [
    `<polyline points="${at.map((pair) => pair.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`),
    text(LEFT + 10, TOP + 12 + 15 * index, name, 'start', ` fill="${colour}"`),
  ];
}

function logScale(values: readonly number[], from: number, to: number): Scale {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const span = high - low || 1;
  return (value) => from + ((Math.log(value) - low) / span) * (to - from);
}

/** 1, 2, 5 · 10ⁿ within the values; the ends when none is. */
function ticks(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const found = Array.from({ length: 13 }, (_, i) => i - 4).flatMap((power) =>
    [1, 2, 5]
      .map((digit) => Number((digit * 10 ** power).toPrecision(1)))
      .filter((tick) => tick >= low && tick <= high),
  );
  return found.length > 0 ? found : [low, high].map((value) => Number(value.toPrecision(2)));
}

function text(x: number, y: number, content: string, anchor: string, extra = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${extra}>${content}</text>`;
}
