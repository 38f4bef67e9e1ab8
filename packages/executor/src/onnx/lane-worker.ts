// Entry of a training thread: a `LocalLane` behind messages. It imports nothing but the runtime, so that it starts fast.

import { parentPort } from 'node:worker_threads';
import type { LaneReply, LaneRequest } from './lane-protocol.js';
import { LocalLane } from './local-lane.js';

const lane = new LocalLane();

parentPort?.on('message', (request: LaneRequest) => {
  const call = lane[request.method] as (...args: unknown[]) => Promise<unknown>;
  call.apply(lane, request.args).then(
    (result) => reply({ id: request.id, ok: true, result }, buffersOf(result)),
    (error: unknown) =>
      reply({ id: request.id, ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
});

/** Outputs are made for the caller, so their memory is given away rather than copied. */
function buffersOf(result: unknown): ArrayBuffer[] {
  return result === undefined
    ? []
    : Object.values(result as Record<string, Float32Array<ArrayBuffer>>).map((x) => x.buffer);
}

function reply(message: LaneReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}
