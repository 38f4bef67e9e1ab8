// What a lane is told about one run: numbers for its inputs, and the outputs to bring back.

import { sizeOf } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import type { matchFeeds } from '../feeds.js';
import type { LaneRun } from './lane.js';

/** `withheld` names the outputs that stay with the lane. */
export function toRequest(
  program: Program,
  feeds: ReturnType<typeof matchFeeds>,
  withheld: ReadonlySet<string> = new Set(),
): Omit<LaneRun, 'program' | 'training'> {
  return {
    feeds: feeds.map(({ input: { name, shape }, data }) => ({ name, shape, data })),
    outputs: program.outputs
      .filter(({ name }) => !withheld.has(name))
      .map(({ name, shape }) => ({ name, shape, size: sizeOf(shape) })),
  };
}
