/** The curves of a job, collected from its metrics events as they arrive. */
import type { FineTuningJobEvent } from '@preheat/sdk';
import type { Point } from './curve.js';

export interface ChartSpec {
  readonly title: string;
  /** Metric on training data, then, drawn dashed, the same on validation data. */
  readonly metrics: readonly [string, string];
}

export const CHARTS: readonly ChartSpec[] = [
  { title: 'Loss (SFT)', metrics: ['train_loss', 'full_valid_loss'] },
  { title: 'Mean reward (RL)', metrics: ['train_mean_reward', 'full_valid_mean_reward'] },
];

export class MetricSeries {
  readonly #points = new Map<string, Point[]>();

  /** Takes an event; returns whether it changed a curve. */
  add({ type, data }: FineTuningJobEvent): boolean {
    if (type !== 'metrics' || data === null) return false;
    const x = number(data['pipeline_step']) ?? number(data['step']);
    if (x === undefined) return false;
    // Reinforcement reports a surrogate loss too, which is not comparable with the loss of SFT.
    const isReinforcement = number(data['train_mean_reward']) !== undefined;
    let changed = false;
    for (const name of CHARTS.flatMap(({ metrics }) => metrics)) {
      const y = number(data[name]);
      if (y === undefined || (isReinforcement && name.endsWith('_loss'))) continue;
      const points = this.#points.get(name);
      if (points) points.push({ x, y });
      else this.#points.set(name, [{ x, y }]);
      changed = true;
    }
    return changed;
  }

  points(metric: string): readonly Point[] {
    return this.#points.get(metric) ?? [];
  }
}

const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
