/** Cold starts of a serverless platform (Joosen et al., EuroSys 2025): the curves of its figures, vertex by vertex. */
import { readRows, finiteNumber } from './trace-folder.js';

const CURVES = 'huawei-coldstart-2025/figure_cdfs.csv';

/** The inverse of a published distribution. @throws Error when the figure has no such series. */
export function huaweiQuantile(figure: string, series: string): (share: number) => number {
  const points = readRows(CURVES)
    .map((row, index) => ({ row, index }))
    .filter(({ row }) => row.figure === figure && row.series === series)
    .map(({ row, index }) => ({
      x: finiteNumber(row, 'x', CURVES, index),
      share: finiteNumber(row, 'cdf', CURVES, index),
    }));
  if (points.length === 0) throw new Error(`${CURVES} has no series ${series} of ${figure}`);
  return (share) => {
    const after = points.findIndex((point) => point.share >= share);
    const [low, high] = [points[Math.max(0, after - 1)], points[after < 0 ? points.length - 1 : after]];
    if (!low || !high || high.share === low.share) return high?.x ?? 0;
    return low.x + ((high.x - low.x) * (share - low.share)) / (high.share - low.share);
  };
}
