/**
 * How soon reinforcement has most of what it gains. A share of the last grade alone would be reached before the first step
 * by every start that is already good, and one item more or less moves a single evaluation: so the way counts from the start,
 * evaluations are averaged with their neighbours, and between two of them the grade is taken to move along a line.
 */
import type { CurvePoint } from './lab.js';

export interface Learning {
  /** Grade of the model that reinforcement began with. */
  readonly start: number;
  /** Of the last two evaluations together. */
  readonly final: number;
  /** Steps until the share of the way from start to final was made; where the grade did not rise, all the steps. */
  readonly stepsToShare: number;
}

/** Null for a curve that is not of reinforcement. @throws Error for one that does not begin before the first step. */
export function learningOf(curve: readonly CurvePoint[], share: number): Learning | null {
  const points = curve.flatMap(({ step, reward }) => (reward === undefined ? [] : [{ step, reward }]));
  const [first] = points;
  if (!first) return null;
  if (first.step !== 0) throw new Error(`a curve of rewards begins at step ${first.step}, not before the first`);
  const smooth = smoothed(points);
  const last = smooth.at(-1) ?? first;
  const [start, final] = [first.reward, last.reward];
  const stepsToShare = final > start ? stepsTo(start + share * (final - start), smooth) : last.step;
  return { start, final, stepsToShare };
}

interface Graded {
  readonly step: number;
  readonly reward: number;
}

/** Means of up to three adjacent evaluations; the start stays as it is, and is in no other. */
function smoothed([start, ...after]: readonly Graded[]): Graded[] {
  const averaged = after.map(({ step }, i) => {
    const near = after.slice(Math.max(0, i - 1), i + 2);
    return { step, reward: near.reduce((sum, { reward }) => sum + reward, 0) / near.length };
  });
  return start ? [start, ...averaged] : averaged;
}

/** Where the curve first has the reward, which lies above its start. */
function stepsTo(reward: number, points: readonly Graded[]): number {
  const reached = points.findIndex((point) => point.reward >= reward);
  const [before, at] = [points[reached - 1], points[reached]];
  if (!before || !at) return points.at(-1)?.step ?? Number.NaN;
  return before.step + ((reward - before.reward) / (at.reward - before.reward)) * (at.step - before.step);
}
