// Makes a lane in a worker thread or in this one, once this thread is in the mode that its lanes must share.

import { flushDenormals } from './flush-denormals.js';
import type { Lane } from './lane.js';
import { WorkerLane } from './worker-lane.js';

export type LaneKind = 'worker' | 'here';

export async function openLane(kind: LaneKind): Promise<Lane> {
  await flushDenormals();
  if (kind === 'worker') return new WorkerLane();
  const { LocalLane } = await import('./local-lane.js');
  return new LocalLane();
}
