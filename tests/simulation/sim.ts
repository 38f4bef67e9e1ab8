/** `npm run sim -- --help`: plays seeds of the simulated platform until one breaks a property, or all held. */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { fillBlock } from '../bench/replace-block.js';
import { PROPERTIES } from './properties/index.js';
import { keepRegression, readRegressions } from './regressions.js';
import { commit, reportFailure } from './report-failure.js';
import { runMany } from './run-many.js';
import { runSeed, type SeedFailure } from './run-seed.js';
import { Scenario } from './scenario.js';
import { progressLine } from './progress-line.js';
import { playedAt, readSittings, type Sitting, sittingsTable, withSitting, writeSittings } from './sittings.js';

const FAILURES_SHOWN = 5;
const PROGRESS_EVERY_MS = 5_000;

const HELP = `npm run sim [-- options]: play seeds of the simulated platform until one breaks a property, or all held.

  --seeds N      how many (1000), on all cores; Ctrl-C says where to go on
  --from N       the first one (0)
  --workers N    processes (one a core)
  --seed N       only this one, with its whole trace
  --write-docs   add this sitting to docs/reliability/simulation.json, as it goes, and the figures to docs/reliability.md`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    'write-docs': { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const whole = (name: 'seeds' | 'from' | 'seed' | 'workers'): number => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} takes a whole number from 0, not ${values[name]}`);
};

process.exitCode = await (values.seed === undefined ? playRange() : playOne(whole('seed')));

async function playOne(seed: number): Promise<number> {
  const failure = await runSeed(await Scenario.open(), seed, Number.MAX_SAFE_INTEGER);
  if (failure) found(failure);
  else console.log(`seed ${seed} holds`);
  process.exit(failure ? 1 : 0);
}

function found(failure: SeedFailure): void {
  keepRegression(failure);
  console.log(reportFailure(failure));
}

async function playRange(): Promise<number> {
  const [from, seeds] = [whole('from'), whole('seeds')];
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  const book = values['write-docs'] ? keepBook(from) : undefined;
  const startedMs = performance.now();
  const failed: number[] = [];
  let [shownMs, next] = [startedMs, from];
  const onProgress = (done: number, failures: readonly SeedFailure[], resumeAt: number): void => {
    next = resumeAt;
    for (const failure of failures) if (failed.push(failure.seed) <= FAILURES_SHOWN) found(failure);
    if (failed.length >= FAILURES_SHOWN) stopping.abort();
    const nowMs = performance.now();
    if (nowMs - shownMs < PROGRESS_EVERY_MS && done < seeds) return;
    shownMs = nowMs;
    const seconds = (nowMs - startedMs) / 1000;
    console.error(progressLine({ done, seeds, failed: failed.length, seconds, next }));
    book?.save(next, seconds, failed);
  };
  await runMany({ from, seeds, workers: Math.max(1, whole('workers')), signal: stopping.signal, onProgress });
  book?.save(next, (performance.now() - startedMs) / 1000, failed);
  if (next < from + seeds) console.log(`stopped; go on with --from ${next} --seeds ${from + seeds - next}`);
  const verdict = failed.length === 0 ? 'every property held' : `${failed.length} seeds failed`;
  console.log(`${verdict} in the seeds ${from} to ${next - 1}`);
  book?.fill();
  return failed.length === 0 && next === from + seeds ? 0 : 1;
}

/** Writes the ledger while the run goes on: who is killed loses no more than since the last line of progress. */
function keepBook(from: number): {
  save: (next: number, seconds: number, failed: readonly number[]) => void;
  fill: () => void;
} {
  const before = readSittings();
  const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`;
  const place = { from, commit: commit(), machine };
  return {
    save: (next, seconds, failed) => {
      const done = failed.filter((seed) => seed < next).sort((a, b) => a - b);
      if (next === from) return;
      const sitting = { ...place, to: next - 1, seconds: Math.round(seconds), failed: done };
      writeSittings(withSitting(before, sitting));
    },
    fill: () => fillBlock('reliability.md', 'sim', figures(readSittings(), place.commit)),
  };
}

function figures(sittings: readonly Sitting[], latest: string): string {
  const played = playedAt(sittings, latest).toLocaleString('en');
  const judged = `${PROPERTIES.length} properties; ${readRegressions().length} seeds that once failed are played by every run of the tests.`;
  return `${played} seeds at commit \`${latest}\`, judged by ${judged}\n\n${sittingsTable(sittings)}`;
}
