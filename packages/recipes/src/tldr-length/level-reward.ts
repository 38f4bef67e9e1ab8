/**
 * The reward of TLDR, reinforcement with several levels of length (Zhang et al. 2025, arXiv 2505.07961). Its exact form is a
 * reconstruction: a right answer earns less the longer it is, by how much its level says; a wrong one pays for running on.
 */
import type { TrainingRow } from '../recipe.js';
import { UnusableRowsError } from '../training/unusable-rows-error.js';

export const LEVELS = ['short', 'medium', 'long'] as const;
export type Level = (typeof LEVELS)[number];

export interface LevelOptions {
  /** Share of the reward that a right answer of the level's length has lost. */
  readonly weight: number;
  /** Tokens. */
  readonly length: number;
  /** What a wrong answer beyond the level's length pays. */
  readonly overlongPenalty: number;
}

/** `right · (1 − weight · min(1, tokens / length)) − wrong · penalty · [tokens > length]`. */
export function levelReward(
  isRight: boolean,
  tokens: number,
  { weight, length, overlongPenalty }: LevelOptions,
): number {
  if (isRight) return 1 - weight * Math.min(1, tokens / length);
  return tokens > length ? -overlongPenalty : 0;
}

/** What a row asks for under `key`; `medium` where it does not say. @throws UnusableRowsError for what is no level. */
export function levelOf(row: TrainingRow, key: string): Level {
  const named = row[key] ?? 'medium';
  const level = LEVELS.find((candidate) => candidate === named);
  if (level) return level;
  throw new UnusableRowsError(`"${key}" of a row is ${JSON.stringify(named)}; it takes ${LEVELS.join(', ')}`);
}
