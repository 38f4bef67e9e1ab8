/** What becomes of ten times the submits that a server can serve: they are sent at that rate, whatever is answered. */
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ask, call, type Reply } from './http-client.js';
import { jobRequest } from './measure-operations.js';
import type { MeasuredServer } from './measured-server.js';
import { type Latency, latencyOf } from './percentiles.js';

export const TIMES_CAPACITY = 10;
const FOR_MS = 8_000;
const TURN_MS = 10;

export interface Overload {
  readonly offeredPerSecond: number;
  readonly seconds: number;
  /** Of the submits that were served. */
  readonly latency: Latency;
  readonly served: number;
  /** With 429 or 503, and a time to come back. */
  readonly refused: number;
  /** Everything else: broken connections, other answers, refusals that say no time. */
  readonly other: number;
  readonly rssMiB: number;
  /** Of a single request once the crowd is gone. */
  readonly afterwardsMs: number;
}

/** @param capacity Submits that the server serves a second. */
export async function measureOverload(server: MeasuredServer, file: string, capacity: number): Promise<Overload> {
  const offeredPerSecond = TIMES_CAPACITY * capacity;
  const crowd = new Agent({ keepAlive: true, maxSockets: Infinity });
  const url = `${server.api}/v1/fine_tuning/jobs`;
  const replies: Promise<Reply>[] = [];
  const startMs = performance.now();
  for (let elapsedMs = 0; elapsedMs < FOR_MS; elapsedMs = performance.now() - startMs) {
    while (replies.length < (elapsedMs / 1000) * offeredPerSecond) replies.push(ask(url, jobRequest(file), crowd));
    await delay(TURN_MS);
  }
  const all = await Promise.all(replies);
  crowd.destroy();
  const { ms: afterwardsMs } = await call(`${server.api}/v1/fine_tuning/jobs?limit=1`);
  const { rssMiB } = await server.ask({ ask: 'state' });
  const served = all.filter(({ status }) => status === 200);
  const refused = all.filter(({ status, hasRetryAfter }) => hasRetryAfter && (status === 429 || status === 503)).length;
  return {
    ...{ offeredPerSecond: all.length / (FOR_MS / 1000), seconds: FOR_MS / 1000, afterwardsMs, rssMiB, refused },
    ...{ served: served.length, other: all.length - served.length - refused },
    latency: latencyOf(served.map(({ ms }) => ms)),
  };
}
