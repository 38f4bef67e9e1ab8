/** `npm run sim -- --help`: plays seeds of the simulated platform until one breaks a property, or all held. */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { fillBlock } from '../bench/replace-block.js';
import { markdownTable } from '../bench/table.js';
import { PROPERTIES } from './properties/index.js';
import { keepRegression, readRegressions } from './regressions.js';
import { commit, reportFailure } from './report-failure.js';
import { runMany } from './run-many.js';
import { runSeed, type SeedFailure } from './run-seed.js';
import { Scenario } from './scenario.js';

const FAILURES_SHOWN = 5;
const PROGRESS_EVERY_MS = 5_000;

const HELP = `npm run sim [-- options]: play seeds of the simulated platform until one breaks a property, or all held.

  --seeds N      how many (1000), on all cores; Ctrl-C says where to go on
  --from N       the first one (0)
  --workers N    processes (one a core)
  --seed N       only this one, with its whole trace
  --write-docs   replace the figures in docs/reliability.md`;

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
  const startedMs = performance.now();
  let [shownMs, failed, resumeAt] = [startedMs, 0, from];
  const onProgress = (done: number, failures: readonly SeedFailure[], next: number): void => {
    failed += failures.length;
    resumeAt = next;
    for (const failure of failures) if (failed <= FAILURES_SHOWN) found(failure);
    if (failed >= FAILURES_SHOWN) stopping.abort();
    const nowMs = performance.now();
    if (nowMs - shownMs < PROGRESS_EVERY_MS && done < seeds) return;
    shownMs = nowMs;
    const perSecond = done / ((nowMs - startedMs) / 1000);
    console.error(`${done} of ${seeds} seeds, ${failed} failed, ${perSecond.toFixed(1)} a second`);
  };
  await runMany({ from, seeds, workers: Math.max(1, whole('workers')), signal: stopping.signal, onProgress });
  if (resumeAt < from + seeds) console.log(`stopped; go on with --from ${resumeAt} --seeds ${from + seeds - resumeAt}`);
  console.log(
    `${failed === 0 ? 'every property held' : `${failed} seeds failed`} in the seeds ${from} to ${resumeAt - 1}`,
  );
  if (values['write-docs']) {
    const played = { from, to: resumeAt - 1, failed, tookMs: performance.now() - startedMs };
    fillBlock('reliability.md', 'sim', figures(played));
  }
  return failed === 0 && resumeAt === from + seeds ? 0 : 1;
}

function figures({ from, to, failed, tookMs }: { from: number; to: number; failed: number; tookMs: number }): string {
  const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`;
  return markdownTable(
    ['seeds', 'properties', 'failed', 'took', 'kept from earlier failures', 'commit', 'machine'],
    [
      [
        `${from.toLocaleString('en')} to ${to.toLocaleString('en')}`,
        String(PROPERTIES.length),
        String(failed),
        `${Math.round(tookMs / 60_000)} min`,
        `${readRegressions().length} seeds`,
        `\`${commit()}\``,
        machine,
      ],
    ],
  );
}
