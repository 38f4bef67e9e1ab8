/** What was measured in a replay beside what the simulator said, and how true the starts were that waiting jobs were told. */
import { quantile } from '@preheat/scheduler/simulation';
import { median } from '../statistics.js';
import { markdownTable } from '../table.js';
import type { Latencies } from './calibrate.js';
import type { Prediction } from './predict.js';

export interface ToldStart {
  /** Unix seconds, as on the wire. */
  readonly earliest: number;
  readonly latest: number | null;
  readonly startedAtMs: number;
}

export interface Measured {
  /** By job, in the order of arrival: from submitting it until its model was loaded. */
  readonly delaysMs: readonly number[];
  readonly coldStarts: number;
  readonly runnersStarted: number;
  readonly idleMs: number;
  readonly told: readonly ToldStart[];
}

export interface Replay {
  readonly trace: string;
  readonly measured: Measured;
  readonly predicted: Prediction;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

export function latencyTable(
  { bootMs, noticeMs, loadSameMs, loadOtherMs, work }: Latencies,
  models: readonly string[],
) {
  const rows = [
    ['starting a runner, until it takes a job', `${seconds(bootMs)} s`],
    ['a waiting runner takes a job', `${noticeMs.toFixed(0)} ms`],
    ['loading a model, the same as before / another', `${loadSameMs.toFixed(0)} / ${loadOtherMs.toFixed(0)} ms`],
    ...work.map(({ fixedMs, stepMs }, i) => [
      `${models[i]}: a job, and each step`,
      `${fixedMs.toFixed(0)} + ${stepMs.toFixed(0)} ms`,
    ]),
  ];
  return markdownTable(['told to the simulator', 'measured'], rows);
}

export function delayTable(replays: readonly Replay[]): string {
  const rows = replays.flatMap(({ trace, measured, predicted }) => [
    delayRow(`${trace}, measured`, measured),
    delayRow(`${trace}, simulated`, predicted, apart(measured.delaysMs, predicted.delaysMs)),
  ]);
  const header = [
    'replay',
    'jobs',
    'delay p50',
    'p95',
    'most (s)',
    'cold',
    'runners started',
    'idle (s)',
    'a job is apart p50 (s)',
  ];
  return markdownTable(header, rows);
}

function delayRow(name: string, { delaysMs, coldStarts, runnersStarted, idleMs }: Prediction, far = ''): string[] {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const at = (share: number) => seconds(quantile(sorted, share));
  return [
    name,
    String(sorted.length),
    at(0.5),
    at(0.95),
    at(1),
    String(coldStarts),
    String(runnersStarted),
    seconds(idleMs),
    far,
  ];
}

const apart = (measured: readonly number[], predicted: readonly number[]): string =>
  seconds(median(measured.map((ms, index) => Math.abs(ms - (predicted[index] ?? NaN)))));

/** The wire has whole seconds: a start within the second that was told is in the range. */
const WIRE_MS = 1000;

export function toldTable(replays: readonly Replay[]): string {
  const rows = replays.map(({ trace, measured: { told, delaysMs } }) => {
    const closed = told.flatMap(({ earliest, latest, startedAtMs }) =>
      latest === null ? [] : [{ fromMs: earliest * 1000, toMs: latest * 1000 + WIRE_MS, startedAtMs }],
    );
    const inRange = closed.filter(({ fromMs, toMs, startedAtMs }) => startedAtMs >= fromMs && startedAtMs <= toMs);
    const errors = closed.map(({ fromMs, toMs, startedAtMs }) => Math.abs((fromMs + toMs) / 2 - startedAtMs));
    const widths = closed.map(({ fromMs, toMs }) => toMs - fromMs);
    const percent = closed.length === 0 ? '' : `${((100 * inRange.length) / closed.length).toFixed(0)} %`;
    return [
      trace,
      `${told.length} of ${delaysMs.length}`,
      String(told.length - closed.length),
      percent,
      seconds(median(errors)),
      seconds(median(widths)),
    ];
  });
  const header = [
    'replay',
    'jobs told a start',
    'no end told',
    'start in the range',
    'error of its middle p50 (s)',
    'width p50 (s)',
  ];
  return markdownTable(header, rows);
}
