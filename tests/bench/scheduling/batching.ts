/** One session answering an hour of Azure's requests (D6): no hold, a hold when busy, and a hold always. */
import { azureLlm, type BatchResult, heldWhileBusy, simulateBatches } from '@preheat/scheduler/simulation';

const FIXED = { tokenMs: 0.25, sharingCost: 0.05, largest: 32 };
const RULES = {
  'no hold': () => 0,
  'held while busy': heldWhileBusy,
  'always held 10 ms': () => 10,
};

export function batchTable(): string[][] {
  return (['conv', 'code'] as const).flatMap((part) => {
    const requests = azureLlm(part);
    return Object.entries(RULES).map(([name, holdMs]) => {
      const result: BatchResult = simulateBatches(requests, { ...FIXED, holdMs });
      const { p50, p95, p99 } = result.latencyMs;
      const latencies = [p50, p95, p99].map((ms) => ms.toFixed(1));
      return [part, name, ...latencies, result.meanBatch.toFixed(2), (result.busyMs / 1000).toFixed(0)];
    });
  });
}
