/** `npm run replay -- --help`: the running platform on a trace of small jobs, beside what the simulator says of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BASE_MODELS } from '@preheat/inference/model-registry';
import { hasTraces } from '@preheat/scheduler/simulation';
import { foreignShare } from '../guard.js';
import { hasProc, linuxMachine } from '../linux-machine.js';
import { replaceBlock } from '../replace-block.js';
import { calibrate, type Latencies, stepsFor, workOf } from './calibrate.js';
import { play } from './play.js';
import { type PlannedJob, predict } from './predict.js';
import { delayTable, latencyTable, type Replay, toldTable } from './replay-report.js';
import { canPin, ReplayedPlatform } from './replayed-platform.js';
import { smallTrace, TRACE_NAMES } from './small-trace.js';

const HELP = `npm run replay [-- options]: an API and up to two runner processes on a compressed trace of real small jobs.

  --trace NAME    ${TRACE_NAMES.join(', ')}; may be given more than once (all)
  --jobs N        of each trace (40)
  --work S        mean run time of a job (5)
  --load N        share of the runners' time that is work (0.6)
  --write-docs    replace the figures in docs/scheduling.md

Real traces are read from PREHEAT_TRACES, else from ../shared/traces beside the project; where they are absent, they are left out.`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    trace: { type: 'string', multiple: true, default: TRACE_NAMES },
    jobs: { type: 'string', default: '40' },
    work: { type: 'string', default: '5' },
    load: { type: 'string', default: '0.6' },
    'write-docs': { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const RUNNERS = 2;
/** Before anything is measured. */
const ASSUMED_BOOT_SECONDS = 2;
const MODELS = BASE_MODELS.slice(0, 2).map(({ name }) => name);

/** A job takes a whole step at least, and what loading takes: the arrivals are stretched by as much, so that the load is the one asked for. */
function planned(trace: string, latencies: Latencies): PlannedJob[] {
  const [jobs, meanWorkMs, load] = [Number(values.jobs), Number(values.work) * 1000, Number(values.load)];
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
  const jobs = planned(trace, latencies);
  const coldStartSeconds = Math.max(1, Math.round(latencies.bootMs / 1000));
  const toldBootMs = coldStartSeconds * 1000;
  const predicted = predict(jobs, latencies, RUNNERS, toldBootMs);
  const platform = await ReplayedPlatform.start({ runners: RUNNERS, coldStartSeconds });
  try {
    const measured = await play(platform, jobs, { models: MODELS, latencies, cap: RUNNERS, toldBootMs });
    return { trace, measured, predicted };
  } finally {
    await platform.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const isThere = (trace: string): boolean => trace === 'synthetic' || hasTraces();
const [chosen, absent] = [values.trace.filter(isThere), values.trace.filter((trace) => !isThere(trace))];
for (const trace of absent) console.error(`skipped ${trace}: there is no folder of traces`);
const before = hasProc() ? linuxMachine.read() : null;
const latencies = await measureLatencies();
console.error(latencyTable(latencies, MODELS));
const replays: Replay[] = [];
for (const trace of chosen) {
  const replay = await replayed(trace, latencies);
  console.error(delayTable([replay]));
  replays.push(replay);
}
const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`;
const pinned = canPin() ? 'a core each' : 'not kept apart, as cores cannot be assigned here';
/** All that was started has ended: what it took of the machine is known. */
const others = before
  ? `${(100 * foreignShare(before, linuxMachine.read(), linuxMachine.cores)).toFixed(0)} % of the machine's time went to other programs`
  : 'what else ran is not known';
const command = ['npm run replay --', ...process.argv.slice(2)].join(' ');
const report = [
  `\`${command}\` on ${machine}; up to ${RUNNERS} runners, ${pinned}; ${others}.`,
  latencyTable(latencies, MODELS),
  delayTable(replays),
  toldTable(replays),
  ...absent.map((trace) => `Not replayed: ${trace}, as its trace is not there.`),
].join('\n\n');
console.log(report);
if (values['write-docs']) {
  const page = fileURLToPath(new URL('../../../docs/scheduling.md', import.meta.url));
  writeFileSync(page, replaceBlock(readFileSync(page, 'utf8'), 'replay', report));
}
process.exit(0);
