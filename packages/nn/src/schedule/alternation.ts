/** Turns that come round and round, each for its number of steps: which reward a step trains for, where several take turns. */
import { invariant } from '@preheat/contracts';

/** Index of the turn that step `step` (0 is the first) falls into. @param lengths Steps of every turn, each at least 1. */
export function turnAt(step: number, lengths: readonly number[]): number {
  const round = lengths.reduce((sum, length) => sum + length, 0);
  invariant(round > 0, 'turns need steps');
  let left = step % round;
  return lengths.findIndex((length) => (left -= length) < 0);
}
