/** A line chart as plain SVG, with a sentence that says the same for those who do not see it. */
import { frameOf, type Point, polyline, thinned } from './curve.js';
import { element, svg } from './elements.js';
import type { ChartSpec, MetricSeries } from './metric-series.js';

const WIDTH = 480;
const HEIGHT = 180;
const MARGIN = { left: 48, right: 8, top: 8, bottom: 20 };
const BUCKETS = 240;

/** The figure, or null while there is nothing to draw. */
export function chart(spec: ChartSpec, series: MetricSeries): HTMLElement | null {
  const curves = spec.metrics.map((metric) => series.points(metric));
  const frame = frameOf(curves.flat());
  if (frame === undefined) return null;
  const [width, height] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const lines = curves.map((points, index) =>
    svg('polyline', {
      class: index === 0 ? 'curve' : 'curve second',
      points: polyline(thinned(points, BUCKETS), frame, width, height),
    }),
  );
  const plot = svg(
    'g',
    { transform: `translate(${MARGIN.left} ${MARGIN.top})` },
    svg('path', { class: 'axis', fill: 'none', d: `M0 0V${height}H${width}` }),
    svg('text', { x: -6, y: 10, 'text-anchor': 'end' }, short(frame.maxY)),
    svg('text', { x: -6, y: height, 'text-anchor': 'end' }, short(frame.minY)),
    svg('text', { x: 0, y: height + 15 }, `step ${Math.ceil(frame.minX)}`),
    svg('text', { x: width, y: height + 15, 'text-anchor': 'end' }, String(Math.floor(frame.maxX))),
    ...lines,
  );
  const label = inWords(spec, curves);
  return element(
    'figure',
    {},
    svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label }, plot),
    element('figcaption', {}, label),
  );
}

function inWords(spec: ChartSpec, curves: readonly (readonly Point[])[]): string {
  const last = (points: readonly Point[] | undefined): string | undefined => {
    const point = points?.at(-1);
    return point && `${short(point.y)} at step ${point.x}`;
  };
  const valid = last(curves[1]);
  return `${spec.title}: ${last(curves[0]) ?? 'no value yet'}${valid ? `; on validation rows (dashed) ${valid}` : ''}`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
