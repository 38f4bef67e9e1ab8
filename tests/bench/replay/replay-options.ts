/** What `npm run replay` is asked for, checked before anything is built, started or measured: a replay takes a quarter of an hour. */
import { parseArgs } from 'node:util';
import { hasTraces, traceFolder } from '@preheat/scheduler/simulation';
import { TRACE_NAMES } from './small-trace.js';

export const HELP = `npm run replay [-- options]: an API and up to two runner processes on a compressed trace of real small jobs.

  --trace NAME    ${TRACE_NAMES.join(', ')}; may be given more than once (all that are there)
  --jobs N        of each trace, from 2 to 10000 (40)
  --work S        mean run time of a job, from 0.1 to 600 seconds (5)
  --load N        share of the runners' time that is work, from 0.05 to 1 (0.6)
  --fresh         measure anew what a run that was interrupted had measured already
  --write-docs    replace the figures in docs/scheduling.md

Real traces are read from PREHEAT_TRACES, else from ../shared/traces beside the project; where they are absent, they are left out. A run
that was interrupted goes on where it stopped, in the same tree, with the same folder of traces and the same --jobs, --work and --load (.cache/replay.json).`;

export interface ReplayOptions {
  readonly traces: readonly string[];
  /** Those that were not named and are not there. */
  readonly absent: readonly string[];
  readonly jobs: number;
  readonly meanWorkMs: number;
  readonly load: number;
  readonly isFresh: boolean;
  readonly writesDocs: boolean;
}

const SYNTHETIC = 'synthetic';

/** @returns Null when help is asked for. @throws Error that names the option, what it takes and what it got. */
export function replayOptions(args: readonly string[], environment: NodeJS.ProcessEnv): ReplayOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      trace: { type: 'string', multiple: true },
      jobs: { type: 'string', default: '40' },
      work: { type: 'string', default: '5' },
      load: { type: 'string', default: '0.6' },
      fresh: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const named = [...new Set(values.trace)];
  for (const name of named) {
    if (!TRACE_NAMES.includes(name)) throw new Error(`--trace takes ${TRACE_NAMES.join(', ')}, not ${name}`);
    // Whoever names a trace means it.
    if (name !== SYNTHETIC) traceFolder(environment);
  }
  const wanted = named.length > 0 ? named : TRACE_NAMES;
  const isThere = (name: string): boolean => name === SYNTHETIC || hasTraces(environment);
  return {
    traces: wanted.filter(isThere),
    absent: wanted.filter((name) => !isThere(name)),
    jobs: numberOf('--jobs', values.jobs, { least: 2, most: 10_000, isWhole: true }),
    meanWorkMs: 1000 * numberOf('--work', values.work, { least: 0.1, most: 600 }),
    load: numberOf('--load', values.load, { least: 0.05, most: 1 }),
    isFresh: values.fresh,
    writesDocs: values['write-docs'],
  };
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly isWhole?: boolean;
}

function numberOf(option: string, text: string, { least, most, isWhole = false }: Range): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  throw new Error(`${option} takes a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}, not ${text}`);
}
