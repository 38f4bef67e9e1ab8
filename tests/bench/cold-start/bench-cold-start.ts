/** `npm run bench:cold-start -- --help`: the functions beside a bare Fastify app, each started under AWS's runtime client. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openStore } from '../../chaos/stores.js';
import { functionUrlEvent } from '../../lambda/function-url.js';
import { guarded } from '../guard.js';
import { hasProc, linuxMachine } from '../linux-machine.js';
import { replaceBlock } from '../replace-block.js';
import { medianRatio } from '../statistics.js';
import { buildBareApp, buildFunctions, folderOf, FUNCTIONS, sizeOf } from './bundles.js';
import { type ColdStart, coldStartReport } from './cold-start-report.js';
import { firstAnswer } from './first-answer.js';
import { FirstCalls, functionEnvironment, LIST_JOBS } from './first-calls.js';

const HELP = `npm run bench:cold-start [-- options]: from the start of a process to its first answer.

  --rounds N      every side once a round, in turns (20)
  --no-build      measure the bundles that are there
  --quick         three rounds, whatever else runs: to see that everything works, not to quote
  --write-docs    replace the figures in docs/deploy.md

The store is a directory; with moto_server on the PATH (or PREHEAT_MOTO_SERVER), S3 and SQS on the wire as well.`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

/** A start that is measured again and again; the first side is what the others are compared with. */
interface Side {
  readonly title: string;
  readonly goal?: number;
  start(): Promise<number>;
}

interface Goals {
  readonly api?: number;
  readonly evaluation?: number;
}
const GOALS: Goals = { api: 1.3, evaluation: 1.5 };
/** What the server of the wire takes for its answers is in these. */
const NO_GOALS: Goals = {};

function bareSide(folder: string): Side {
  const event = functionUrlEvent({ method: 'GET', path: '/' });
  const start = async () => (await firstAnswer({ folder, handler: 'bare-app.handler' }, event)).ms;
  return { title: 'bare Fastify, one route', start };
}

interface Place {
  readonly name: string;
  readonly store: Readonly<Record<string, string>>;
  readonly goals: Goals;
}

function sidesOver({ name: place, store, goals }: Place, calls: FirstCalls): Side[] {
  const env = functionEnvironment(store);
  return [
    {
      title: `API over ${place}, list of jobs`,
      ...(goals.api === undefined ? {} : { goal: goals.api }),
      start: async () => {
        const { ms, output } = await firstAnswer({ folder: folderOf('api'), handler: 'api.handler', env }, LIST_JOBS);
        if (!output.includes('"taken"')) throw new Error(`the compiled code was not taken:\n${output}`);
        return ms;
      },
    },
    {
      title: `evaluation over ${place}, a run of one item`,
      ...(goals.evaluation === undefined ? {} : { goal: goals.evaluation }),
      start: async () => {
        const { runId, event } = await calls.newRun();
        const options = { folder: folderOf('evaluation'), handler: 'evaluation.handler', env, timeoutMs: 120_000 };
        const { ms, output } = await firstAnswer(options, event);
        await calls.assertEnded(runId, output);
        return ms;
      },
    },
  ];
}

async function measure(sides: readonly Side[], rounds: number): Promise<ColdStart[]> {
  const times = sides.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const index of sides.keys()) {
      // Every side comes first in some rounds.
      const at = (index + round) % sides.length;
      const side = sides[at] as Side;
      const isGuarded = hasProc() && !values.quick;
      const { value } = isGuarded ? await guarded(linuxMachine, side.start) : { value: await side.start() };
      times[at]?.push(value);
    }
    console.error(`round ${round + 1}: ${times.map((ms) => `${ms.at(-1)?.toFixed(0)} ms`).join(', ')}`);
  }
  const bare = times[0] ?? [];
  return sides.map(({ title, goal }, index) => {
    const ours = times[index] ?? [];
    const compared = index === 0 ? {} : { ratio: medianRatio(ours, bare) };
    return { title, rounds: ours, ...compared, ...(goal === undefined ? {} : { goal }) };
  });
}

if (!values['no-build']) await buildFunctions();
if (!hasProc()) console.error('no /proc on this system: nothing guards the rounds against other load');
const bare = await buildBareApp();
const directory = await openStore('filesystem');
const wire = await openStore('moto');
const calls: FirstCalls[] = [];
try {
  const sides = [bareSide(bare)];
  const places = [
    { name: 'a directory', opened: directory, goals: GOALS },
    { name: 'S3 on the wire', opened: wire, goals: NO_GOALS },
  ];
  for (const { name, opened, goals } of places) {
    if (!opened) continue;
    const made = await FirstCalls.open(opened.env);
    calls.push(made);
    sides.push(...sidesOver({ name, store: opened.env, goals }, made));
  }
  const starts = await measure(sides, Number(values.rounds ?? (values.quick ? 3 : 20)));
  const report = coldStartReport({
    machine: `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`,
    starts,
    sizes: FUNCTIONS.map((name) => [name, sizeOf(name)]),
    missing: wire ? [] : ['Not measured: S3 on the wire, as there is no moto_server.'],
  });
  console.log(report);
  if (values['write-docs']) {
    const page = fileURLToPath(new URL('../../../docs/deploy.md', import.meta.url));
    writeFileSync(page, replaceBlock(readFileSync(page, 'utf8'), 'bench:cold-start', report));
  }
} finally {
  for (const opened of calls) await opened.close();
  await directory?.close();
  await wire?.close();
  rmSync(bare, { recursive: true, force: true });
}
process.exit(0);
