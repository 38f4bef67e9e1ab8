/** `npm run replay -- --help`: the running platform on a trace of small jobs, beside what the simulator says of it. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { BASE_MODELS } from '@preheat/inference/model-registry';
import { hasTraces, traceFolder } from '@preheat/scheduler/simulation';
import { foreignShare } from '../guard.js';
import { hasProc, linuxMachine } from '../linux-machine.js';
import { REPOSITORY } from '../peers.js';
import { fillBlock } from '../replace-block.js';
import { calibrate, type Latencies, stepsFor, workOf } from './calibrate.js';
import { play } from './play.js';
import { type PlannedJob, predict } from './predict.js';
import { HELP, type ReplayOptions, replayOptions } from './replay-options.js';
import { ReplayProgress } from './replay-progress.js';
import { delayTable, latencyTable, type Replay, toldTable } from './replay-report.js';
import { canPin, ReplayedPlatform } from './replayed-platform.js';
import { replayedTree } from './replayed-tree.js';
import { smallTrace } from './small-trace.js';

const RUNNERS = 2;
/** Before anything is measured. */
const ASSUMED_BOOT_SECONDS = 2;
const MODELS = BASE_MODELS.slice(0, 2).map(({ name }) => name);
const args = process.argv.slice(2);

function options(): ReplayOptions {
  try {
    const given = replayOptions(args, process.env);
    if (given) return given;
    console.log(HELP);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** A job takes a whole step at least, and what loading takes: the arrivals are stretched by as much, so that the load is the one asked for. */
function planned(trace: string, latencies: Latencies): PlannedJob[] {
  const wanted = smallTrace(trace, { jobs, meanWorkMs, load, models: MODELS.length, runners: RUNNERS });
  const steps = wanted.map(({ model, workMs }) => stepsFor(latencies, model, workMs));
  const takesMs = wanted.map(({ model }, job) => latencies.loadSameMs + workOf(latencies, model, steps[job] ?? 1));
  const stretch = takesMs.reduce((sum, ms) => sum + ms, 0) / (jobs * meanWorkMs);
  return wanted.map(({ model, arriveMs }, job) => ({ model, arriveMs: arriveMs * stretch, steps: steps[job] ?? 1 }));
}

async function measureLatencies(): Promise<Latencies> {
  const platform = await ReplayedPlatform.start({ runners: 1, coldStartSeconds: ASSUMED_BOOT_SECONDS });
  try {
    return await calibrate(platform, MODELS);
  } finally {
    await platform.stop();
  }
}

/** On a platform that has learned nothing but what jobs of these models take. */
async function replayed(trace: string, latencies: Latencies): Promise<Replay> {
  const plan = planned(trace, latencies);
  const coldStartSeconds = Math.max(1, Math.round(latencies.bootMs / 1000));
  const toldBootMs = coldStartSeconds * 1000;
  const predicted = predict(plan, latencies, RUNNERS, toldBootMs);
  const platform = await ReplayedPlatform.start({ runners: RUNNERS, coldStartSeconds });
  try {
    const measured = await play(platform, plan, { models: MODELS, latencies, cap: RUNNERS, toldBootMs });
    return { trace, measured, predicted };
  } finally {
    await platform.stop();
  }
}

/** With what went to other programs; null where that is not known. All that the work started has ended by then, so it is not among them. */
async function watched<T>(work: Promise<T>): Promise<[T, number | null]> {
  const before = hasProc() ? linuxMachine.read() : null;
  const result = await work;
  return [result, before ? foreignShare(before, linuxMachine.read(), linuxMachine.cores) : null];
}

function othersText(shares: readonly (number | null)[]): string {
  const known = shares.filter((share) => share !== null);
  if (known.length < shares.length) return 'what else ran is not known';
  const most = Math.max(...known);
  return `at most ${(100 * most).toFixed(0)} % of the machine's time in a part of it went to other programs`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { traces, absent, jobs, meanWorkMs, load, isFresh, writesDocs } = options();
// The processes that are replayed on run what is built.
const { status } = spawnSync(process.execPath, [join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-b'], {
  cwd: REPOSITORY,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);
for (const trace of absent) console.error(`skipped ${trace}: there is no folder of traces`);

const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`;
const folder = hasTraces(process.env) ? traceFolder(process.env) : null;
const tree = replayedTree(REPOSITORY);
const conditions = JSON.stringify({ jobs, meanWorkMs, load, machine, folder, tree });
const progress = ReplayProgress.open(join(REPOSITORY, '.cache/replay.json'), conditions, isFresh);
if (!progress.latencies) progress.calibrated(...(await watched(measureLatencies())));
const latencies = progress.latencies as Latencies;
console.error(latencyTable(latencies, MODELS));
const replays: Replay[] = [];
for (const trace of traces) {
  const known = progress.replayOf(trace);
  if (known) console.error(`${trace} was measured by the run that was interrupted`);
  else progress.replayed(...(await watched(replayed(trace, latencies))));
  const replay = progress.replayOf(trace) as Replay;
  console.error(delayTable([replay]));
  replays.push(replay);
}
const pinned = canPin() ? 'a core each' : 'not kept apart, as cores cannot be assigned here';
const command = ['npm run replay --', ...args].join(' ');
const report = [
  `\`${command}\` on ${machine}; up to ${RUNNERS} runners, ${pinned}; ${othersText(progress.foreignShares)}.`,
  latencyTable(latencies, MODELS),
  delayTable(replays),
  toldTable(replays),
  ...absent.map((trace) => `Not replayed: ${trace}, as its trace is not there.`),
].join('\n\n');
console.log(report);
if (writesDocs) fillBlock('scheduling.md', 'replay', report);
progress.done();
process.exit(0);
