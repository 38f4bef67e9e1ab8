/** The measurements of one store as Markdown: the same on a terminal and in docs/reliability.md. */
import { figure, markdownTable } from '../table.js';
import type { Rates, StreamLoad } from './measure-load.js';
import type { OperationCost } from './measure-operations.js';
import { type Overload, TIMES_CAPACITY } from './measure-overload.js';
import type { Latency } from './percentiles.js';

/** With so many jobs in the store, all of them queued. */
export interface LoadPoint {
  readonly jobs: number;
  readonly operations: readonly OperationCost[];
  readonly pickUp: Latency;
  readonly sweepMs: number;
  readonly sweepOperations: number;
  readonly rssMiB: number;
}

export interface LoadMeasurement {
  readonly store: string;
  readonly machine: string;
  readonly points: readonly LoadPoint[];
  readonly rates: Rates;
  readonly overload: Overload;
  readonly streams: StreamLoad;
  readonly openStreams: number;
  readonly deepQueue: Latency;
  readonly messages: number;
}

export function loadReport(measured: LoadMeasurement): string {
  return [measured.machine, growthTable(measured.points), loadTable(measured)].join('\n\n');
}

const latency = ({ p50Ms, p99Ms }: Latency): string => `${figure(p50Ms)} / ${figure(p99Ms)}`;
const count = (value: number): string => value.toLocaleString('en');

function growthTable(points: readonly LoadPoint[]): string {
  const names = points[0]?.operations.map(({ operation }) => operation) ?? [];
  const cost = (point: LoadPoint, name: string): string => {
    const found = point.operations.find(({ operation }) => operation === name);
    return found ? `${latency(found)} ms, ${figure(found.storeOperations)}` : '';
  };
  const rows = [
    ...names.map((name) => [name, ...points.map((point) => cost(point, name))]),
    ['submit to lease, runner waiting', ...points.map(({ pickUp }) => `${latency(pickUp)} ms`)],
    [
      'one sweep over all of them',
      ...points.map(({ sweepMs, sweepOperations }) => `${figure(sweepMs)} ms, ${count(sweepOperations)}`),
    ],
    ['memory of the server', ...points.map(({ rssMiB }) => `${figure(rssMiB)} MiB`)],
  ];
  return markdownTable(['p50 / p99, store operations', ...points.map(({ jobs }) => `${count(jobs)} jobs`)], rows);
}

function loadTable({ rates, overload, streams, openStreams, deepQueue, messages }: LoadMeasurement): string {
  const ratio = rates.submitsPerSecond / rates.barePerSecond;
  return markdownTable(
    ['load', 'measured'],
    [
      ['submits a second, 8 clients', figure(rates.submitsPerSecond)],
      [
        'a bare Fastify route writing the same object',
        `${figure(rates.barePerSecond)} a second; the ratio is ${ratio.toFixed(2)}`,
      ],
      [
        `${TIMES_CAPACITY} times as many: ${figure(overload.offeredPerSecond)} submits a second for ${overload.seconds} s`,
        [
          `${count(overload.served)} served, ${latency(overload.latency)} ms`,
          `${count(overload.refused)} refused with a time to come back, ${count(overload.other)} anything else`,
          `memory ${figure(overload.rssMiB)} MiB`,
          `the next request takes ${figure(overload.afterwardsMs)} ms`,
        ].join('; '),
      ],
      [`submit with ${openStreams} open event streams`, `${latency(streams.submit)} ms`],
      [
        `store operations of ${openStreams} idle streams of 20 jobs`,
        `${figure(streams.storeOperationsPerSecond)} a second`,
      ],
      [
        `memory of the server with ${openStreams} streams`,
        `${figure(streams.rssMiB)} MiB; ${figure(streams.rssBeforeMiB)} MiB before`,
      ],
      [`next message of a queue that holds ${count(messages)}`, `${latency(deepQueue)} ms`],
    ],
  );
}
