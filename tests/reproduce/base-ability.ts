/** Whether a base can be an experiment's start: of a task it cannot do at all, or does well, arms differ in nothing. */
import type { ArmScores } from './scores.js';

/** Share of greedy answers that are right, from the reference of the experiments. */
const RANGE = { least: 0.05, most: 0.25 } as const;

export type BaseAbility = 'in range' | 'below' | 'above';

export function baseAbility({ pass_1_greedy: greedy }: Pick<ArmScores, 'pass_1_greedy'>): BaseAbility {
  if (greedy < RANGE.least) return 'below';
  return greedy > RANGE.most ? 'above' : 'in range';
}
