/**
 * The jobs that are replayed: when they come and how much they do. Arrivals of a real trace, or drawn from a seed, compressed
 * until as much work comes a minute as two runners do in the share of their time that is asked for.
 */
import { CounterRandom, fastUniforms } from '@preheat/ports';
import { genTd26, halves, philly, type Workload } from '@preheat/scheduler/simulation';

export interface SmallJob {
  /** Which of the models, from 0. */
  readonly model: number;
  readonly arriveMs: number;
  /** Run time wanted, once its model is loaded. */
  readonly workMs: number;
}

export interface TraceOptions {
  readonly jobs: number;
  readonly models: number;
  /** Of the run times of all jobs. */
  readonly meanWorkMs: number;
  /** Share of the time of `runners` that is work. */
  readonly load: number;
  readonly runners: number;
}

/** Work of one job within these multiples of the mean: a job takes at least a step, and none takes the whole replay. */
const WORK_RANGE = { least: 0.2, most: 4 };

/** The first halves: what was judged on the second halves stays unseen by whoever changes a policy on a replay. */
const REAL: Readonly<Record<string, () => Workload>> = { gentd26: genTd26, philly };

export const TRACE_NAMES = ['synthetic', ...Object.keys(REAL)];

/** @throws Error that lists the names, or says where traces are looked for. */
export function smallTrace(name: string, options: TraceOptions): SmallJob[] {
  if (name === 'synthetic') return compressed(syntheticRows(options.jobs), options);
  const load = REAL[name];
  if (!load) throw new Error(`--trace takes ${TRACE_NAMES.join(', ')}, not ${name}`);
  const { jobs } = halves(load()).train;
  // From the middle: the beginning of a trace is often its quietest part.
  const start = Math.max(0, Math.floor((jobs.length - options.jobs) / 2));
  return compressed(jobs.slice(start, start + options.jobs), options);
}

interface Row {
  readonly key: string;
  readonly arriveMs: number;
  readonly serviceMs: number;
}

/** Bursts of a few jobs with long gaps between them, and run times over two orders of magnitude. */
function syntheticRows(count: number): Row[] {
  const uniform = fastUniforms(CounterRandom.fromSeed(7).fork('arrivals'));
  let arriveMs = 0;
  return Array.from({ length: count }, () => {
    const isSameBurst = uniform() < 0.7;
    arriveMs += -Math.log(1 - uniform()) * (isSameBurst ? 1 : 12);
    const serviceMs = Math.exp(1.2 * gaussian(uniform));
    return { key: uniform() < 0.6 ? 'often' : 'rare', arriveMs, serviceMs };
  });
}

/** Box and Muller (1958). */
const gaussian = (uniform: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

function compressed(rows: readonly Row[], { models, meanWorkMs, load, runners }: TraceOptions): SmallJob[] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last || last.arriveMs <= first.arriveMs) throw new Error('a replay needs jobs that come at two times');
  const clipped = clip(rows.map(({ serviceMs }) => serviceMs));
  const mean = clipped.reduce((sum, ms) => sum + ms, 0) / clipped.length;
  const spanMs = (rows.length * meanWorkMs) / (load * runners);
  const numbers = new Map([...new Set(rows.map(({ key }) => key))].map((key, index) => [key, index % models]));
  return rows.map(({ key, arriveMs }, index) => ({
    model: numbers.get(key) ?? 0,
    arriveMs: ((arriveMs - first.arriveMs) / (last.arriveMs - first.arriveMs)) * spanMs,
    workMs: ((clipped[index] ?? mean) / mean) * meanWorkMs,
  }));
}

function clip(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => Math.min(WORK_RANGE.most * mean, Math.max(WORK_RANGE.least * mean, value)));
}
