// Messages between a `WorkerLane` and its thread: a method of `Lane` with its arguments, and exactly one reply.

import type { Lane } from './lane.js';

export type LaneMethod = Exclude<keyof Lane, 'isUsable'>;

export interface LaneRequest<M extends LaneMethod = LaneMethod> {
  readonly id: number;
  readonly method: M;
  readonly args: Parameters<Lane[M]>;
}

export type LaneReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string };
