/** The traces that are simulated, each with what starting a runner takes there. */
import { genTd26, philly, type Workload } from '@preheat/scheduler/simulation';

export interface TraceCase {
  readonly name: string;
  /** Start of a runner in a pool of its key, milliseconds. */
  readonly startMs: number;
  load(): Workload;
}

export const TRACES: Readonly<Record<string, TraceCase>> = {
  gentd26: { name: 'GenTD26', startMs: 38_000, load: genTd26 },
  philly: { name: 'Philly', startMs: 180_000, load: philly },
};

/** What a waiting second is worth, in runner-seconds. */
export const LAMBDAS = [1, 9, 29] as const;

/** @throws Error that lists what there is. */
export function traceNamed(name: string): TraceCase {
  const found = TRACES[name];
  if (found) return found;
  throw new Error(`--trace takes ${Object.keys(TRACES).join(' or ')}, not ${name}`);
}
