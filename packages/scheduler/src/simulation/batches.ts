/**
 * One evaluation session that answers requests in batches (D6): what holding a request for others costs and gains. A batch takes
 * as long as its longest answer, and a little longer for each that shares it.
 */
import { quantile } from './summary.js';

export interface Request {
  readonly arriveMs: number;
  readonly tokens: number;
}

export interface BatchOptions {
  readonly tokenMs: number;
  /** Added for each further request of a batch, of the time of one. */
  readonly sharingCost: number;
  readonly largest: number;
  /** How long a request waits for others, when it finds the session free or has waited for it. */
  holdMs(wasBusy: boolean, medianRunMs: number): number;
}

export interface BatchResult {
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly busyMs: number;
  readonly meanBatch: number;
}

/** Not at all while the session is free; while it is busy at most 10 ms, and a tenth of what a request takes. */
export const heldWhileBusy: BatchOptions['holdMs'] = (wasBusy, medianRunMs) =>
  wasBusy ? Math.min(10, 0.1 * medianRunMs) : 0;

/** @param requests Ascending by arrival, at least one. */
export function simulateBatches(requests: readonly Request[], options: BatchOptions): BatchResult {
  const alone = requests.map(({ tokens }) => tokens * options.tokenMs).sort((a, b) => a - b);
  const medianRunMs = quantile(alone, 0.5);
  const latencies: number[] = [];
  let [freeAtMs, busyMs, next, batches] = [0, 0, 0, 0];
  while (next < requests.length) {
    const first = requests[next] as Request;
    const wasBusy = first.arriveMs < freeAtMs;
    const startMs = Math.max(first.arriveMs, freeAtMs) + options.holdMs(wasBusy, medianRunMs);
    let end = next;
    while (end < requests.length && end - next < options.largest && (requests[end] as Request).arriveMs <= startMs)
      end++;
    const batch = requests.slice(next, end);
    const longestMs = Math.max(...batch.map(({ tokens }) => tokens * options.tokenMs));
    const runMs = longestMs * (1 + options.sharingCost * (batch.length - 1));
    freeAtMs = startMs + runMs;
    busyMs += runMs;
    batches++;
    for (const { arriveMs } of batch) latencies.push(freeAtMs - arriveMs);
    next = end;
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => quantile(latencies, share);
  return { latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99) }, busyMs, meanBatch: requests.length / batches };
}
