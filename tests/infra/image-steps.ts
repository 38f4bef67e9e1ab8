/**
 * `npm run image:steps`: builds the runner's image as far as it goes without a container engine or a GPU. Stages become folders,
 * `COPY` copies, and commands of `RUN` are run one by one: by root in a layer over this machine's system (stage-system.ts), by others in the
 * folders, without what changes a system. Then the runner is started from the result as the image starts it, on the CPU, and has to end
 * on SIGTERM. Every step says what it is before and what came of it after; none lasts longer than its bound.
 */
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type BoundedRun, runBounded } from './bounded-run.js';
import { copiedFromContext, type Instruction, parseDockerfile, type Stage } from './dockerfile.js';
import { REPOSITORY_ROOT } from './platform.js';
import { StageSystem, whyNoStageSystem } from './stage-system.js';

/** Commands that change the system they run in. */
const OF_THE_SYSTEM = /^(apt-get|ln|useradd|rm -rf \/)/;
/** Fetches libtensorflow from LIBRARIES; the second looks for what that made. */
const OF_LIBTENSORFLOW = /^(npm rebuild @tensorflow\/tfjs-node-gpu|ls node_modules\/@tensorflow\/tfjs-node-gpu)/;
const LIBRARIES = 'https://storage.googleapis.com/tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz';
const IGNORED = new Set(['node_modules', 'dist', '.sst']);
const IMAGE_WORKDIR = '/app/';
/** Links stay as they are: workspaces are relative links, and lead into the folder they are copied to. */
const AS_DOCKER = { recursive: true, verbatimSymlinks: true } as const;
const LONGEST_MS = { command: 1_200_000, runner: 120_000, answer: 10_000 };
/** As the image has it. */
const RUNNER_USER_ID = 10_001;

const work = mkdtempSync(join(tmpdir(), 'preheat-image-'));
const systems = new Map<string, StageSystem>();
const whyNoSystem = whyNoStageSystem();
const whyNoLibraries = await unreachable(LIBRARIES);
const failed: string[] = [];

const folderOf = (stage: string): string => join(work, stage);

/** @returns Why nothing is to be had from there, null when it is or when a proxy, which `fetch` does not ask, may know a way. */
async function unreachable(url: string): Promise<string | null> {
  if (process.env['HTTPS_PROXY'] ?? process.env['https_proxy']) return null;
  const request = fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(LONGEST_MS.answer) });
  return request.then(
    ({ ok, status }) => (ok ? null : `${new URL(url).host} answers ${status}`),
    () => `${new URL(url).host} cannot be reached`,
  );
}

function notRun(stage: string, what: string, why: string): void {
  console.log(`not run  ${stage.padEnd(9)} ${what}   (${why})`);
}

async function buildStage(stage: Stage): Promise<void> {
  const folder = folderOf(stage.name);
  mkdirSync(folder, { recursive: true });
  if (stage.from.includes(':')) notRun(stage.name, `FROM ${stage.from}`, 'images are not pulled');
  else cpSync(folderOf(stage.from), folder, AS_DOCKER);
  if (whyNoSystem === null) {
    const layer = join(work, 'systems', stage.name);
    systems.set(stage.name, systems.get(stage.from)?.next(layer) ?? StageSystem.first(layer));
  }
  for (const instruction of stage.instructions) {
    const { keyword, argument } = instruction;
    if (keyword === 'COPY') copy(stage, instruction, folder);
    if (keyword === 'HEALTHCHECK') notRun(stage.name, argument.replace(/^.*CMD /, ''), 'needs a GPU');
    if (keyword !== 'RUN') continue;
    for (const command of argument.split(' && ')) await run(stage.name, command.trim());
  }
}

function copy(stage: Stage, { keyword, argument }: Instruction, folder: string): void {
  const [, from, source = '', target = ''] = /^--from=(\S+) (\S+) (\S+)$/.exec(argument) ?? [];
  if (from !== undefined) {
    if (source.startsWith(IMAGE_WORKDIR)) {
      cpSync(join(folderOf(from), source.slice(IMAGE_WORKDIR.length)), join(folder, target), AS_DOCKER);
    } else notRun(stage.name, `COPY ${argument}`, "this machine's Node and npm take its place");
    return;
  }
  const to = argument.split(' ').at(-1) ?? '.';
  const sources = copiedFromContext({ ...stage, instructions: [{ keyword, argument }] });
  for (const path of sources) {
    const destination = join(folder, to.endsWith('/') ? join(to, basename(path)) : to);
    mkdirSync(dirname(destination), { recursive: true });
    const filter = (file: string) => !IGNORED.has(basename(file));
    cpSync(join(REPOSITORY_ROOT, path), destination, { recursive: true, filter });
  }
}

async function run(stage: string, command: string): Promise<void> {
  if (whyNoSystem !== null && OF_THE_SYSTEM.test(command)) return notRun(stage, command, whyNoSystem);
  if (whyNoLibraries !== null && OF_LIBTENSORFLOW.test(command)) return notRun(stage, command, whyNoLibraries);
  const shell = ['sh', '-c', command];
  const folder = folderOf(stage);
  const whole = systems.get(stage)?.inside(folder, shell) ?? shell;
  await step(stage, command, { command: whole, folder, env: process.env, longestMs: LONGEST_MS.command });
}

async function step(stage: string, name: string, bounded: BoundedRun): Promise<void> {
  console.log(`running  ${stage.padEnd(9)} ${name}`);
  const { status, why, tookMs } = await runBounded(bounded);
  console.log(`${status.padEnd(8)} ${stage.padEnd(9)} ${name}   (${(tookMs / 1000).toFixed(0)} s${why && `: ${why}`})`);
  if (status === 'failed') failed.push(`${stage}: ${name}`);
}

/** As the image's user and below its init where there is a system, else as whoever runs this. */
async function startRunner({ name, instructions }: Stage): Promise<void> {
  const argumentOf = (wanted: string) => instructions.find(({ keyword }) => keyword === wanted)?.argument;
  const parts = (keyword: string) => JSON.parse(argumentOf(keyword) ?? '[]') as string[];
  const system = systems.get(name);
  const folder = folderOf(name);
  const data = join(folder, 'data');
  mkdirSync(data);
  if (system) chownSync(data, RUNNER_USER_ID, RUNNER_USER_ID);
  const user = argumentOf('USER');
  const command = parts('CMD');
  const whole = system?.inside(folder, [...parts('ENTRYPOINT'), ...command], user) ?? command;
  const env = {
    ...{ PATH: process.env['PATH'], NODE_ENV: 'production', PREHEAT_STORE: 'filesystem' },
    ...{ PREHEAT_DATA_DIR: system ? '/app/data' : data, PREHEAT_RUNNER_EXECUTOR: 'auto' },
  };
  const until = { line: '"message":"ready"', signal: 'SIGTERM' } as const;
  const as = system
    ? `as ${user}, process 1 is ${parts('ENTRYPOINT')[0]}`
    : `without its user and init: ${whyNoSystem}`;
  const title = `${command.join(' ')} until ready, then SIGTERM; ${as}`;
  await step(name, title, { command: whole, folder, env, longestMs: LONGEST_MS.runner, until });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

const stages = parseDockerfile(readFileSync(join(REPOSITORY_ROOT, 'gpu-runner/Dockerfile'), 'utf8'));
// The first is Node's image, of which only files are copied.
for (const stage of stages.slice(stages.findIndex(({ name }) => name === 'base'))) await buildStage(stage);
await startRunner(stages.at(-1) as Stage);
console.log(failed.length === 0 ? 'All that was run has passed.' : `Failed: ${failed.join('; ')}`);
process.exit(failed.length === 0 ? 0 : 1);
