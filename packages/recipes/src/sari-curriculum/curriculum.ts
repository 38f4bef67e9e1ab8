/**
 * The order of curriculum-guided reinforcement (Wen et al. 2025, SARI, arXiv 2504.15900): rows that the starting policy
 * never solves are left out, the others come by how often it does.
 */
import { passRate } from '../rollout/try-rows.js';
import type { SariConfig } from './config.js';

export type CurriculumOptions = Pick<SariConfig, 'curriculum' | 'drop_unsolved'>;

/** Rows about which the grader said nothing stand in the middle: nothing is known for or against them. */
const UNKNOWN = 0.5;

export interface Curriculum {
  /** Indices in the order of use; that of the file among equals, and where rows are to be shuffled. */
  readonly rows: number[];
  readonly metrics: { readonly kept_fraction: number; readonly trial_pass_rate: number };
}

/** @param tried Of every row, whether each of its answers is right; null where the grader failed. */
export function curriculumOf(
  tried: readonly (readonly (boolean | null)[])[],
  { curriculum, drop_unsolved: drops }: CurriculumOptions,
): Curriculum {
  const rates = tried.map(passRate);
  const kept = [...rates.keys()].filter((row) => !(drops && rates[row] === 0));
  const easiness = (row: number) => rates[row] ?? UNKNOWN;
  const sign = { easy_to_hard: -1, hard_to_easy: 1, shuffled: 0 }[curriculum];
  const known = rates.filter((rate) => rate !== null);
  return {
    rows: kept.sort((a, b) => sign * (easiness(a) - easiness(b)) || a - b),
    metrics: {
      kept_fraction: kept.length / Math.max(1, rates.length),
      trial_pass_rate: known.reduce((sum, rate) => sum + rate, 0) / Math.max(1, known.length),
    },
  };
}
