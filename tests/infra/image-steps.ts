/**
 * `npm run image:steps`: builds the runner's image as far as it goes without a container engine, root or a GPU. Stages become
 * folders, `COPY` copies, and commands of `RUN` are run one by one in them; what needs the image itself is named and left out. Then the
 * runner is started from the assembled folder as the image starts it, on the CPU, and has to end on SIGTERM.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { copiedFromContext, type Instruction, parseDockerfile, type Stage } from './dockerfile.js';
import { REPOSITORY_ROOT } from './platform.js';

/** Commands that change the system they run in, or need what only the image has. */
const OF_THE_IMAGE = /^(apt-get|ln|useradd|rm -rf \/)/;
/** Needs to reach storage.googleapis.com, where libtensorflow is. */
const DOWNLOADS = /^npm rebuild @tensorflow\/tfjs-node-gpu/;
const IGNORED = new Set(['node_modules', 'dist', '.sst']);
const IMAGE_WORKDIR = '/app/';
/** Links stay as they are: workspaces are relative links, and lead into the folder they are copied to. */
const AS_DOCKER = { recursive: true, verbatimSymlinks: true } as const;

type Outcome = 'ran' | 'not run' | 'failed';
interface Step {
  readonly stage: string;
  readonly command: string;
  readonly outcome: Outcome;
  readonly why?: string;
}

const work = mkdtempSync(join(tmpdir(), 'preheat-image-'));
const steps: Step[] = [];

function folderOf(stage: string): string {
  return join(work, stage);
}

function buildStage(stage: Stage): void {
  const folder = folderOf(stage.name);
  mkdirSync(folder, { recursive: true });
  if (stage.from !== 'base') cpSync(folderOf(stage.from), folder, AS_DOCKER);
  for (const instruction of stage.instructions) {
    if (instruction.keyword === 'COPY') copy(stage, instruction, folder);
    if (instruction.keyword === 'RUN')
      instruction.argument.split(' && ').forEach((one) => run(stage.name, one, folder));
  }
}

function copy(stage: Stage, { keyword, argument }: Instruction, folder: string): void {
  const [, from, source = '', target = ''] = /^--from=(\S+) (\S+) (\S+)$/.exec(argument) ?? [];
  if (from !== undefined) {
    if (source.startsWith(IMAGE_WORKDIR)) {
      cpSync(join(folderOf(from), source.slice(IMAGE_WORKDIR.length)), join(folder, target), AS_DOCKER);
    }
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

function run(stage: string, command: string, folder: string): void {
  if (OF_THE_IMAGE.test(command)) {
    steps.push({ stage, command, outcome: 'not run', why: 'changes the system of the image' });
    return;
  }
  console.error(`${stage}: ${command}`);
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
  const last = stderr.trim().split('\n').slice(-3).join(' ').slice(0, 300);
  const why = DOWNLOADS.test(command) ? `libtensorflow could not be fetched: ${last}` : last;
  steps.push({ stage, command, ...(status === 0 ? { outcome: 'ran' } : { outcome: 'failed', why }) });
}

/** @throws Error with its log when it does not get ready, or does not end. */
async function startRunner(folder: string, [program = '', ...args]: readonly string[]): Promise<void> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'production',
    PREHEAT_STORE: 'filesystem',
    PREHEAT_DATA_DIR: join(work, 'data'),
    PREHEAT_RUNNER_EXECUTOR: 'auto',
  };
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const ready = new Promise<'ready'>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('"message":"ready"')) resolve('ready');
      });
    }
  });
  const first = await Promise.race([ready, ended]);
  if (first === 'ready') child.kill('SIGTERM');
  const code = await ended;
  if (first !== 'ready' || code !== 0) throw new Error(`the runner ended with ${code}:\n${log}`);
  steps.push({
    stage: 'runner',
    command: [program, ...args].join(' '),
    outcome: 'ran',
    why: 'got ready, ended on SIGTERM',
  });
}

const stages = parseDockerfile(readFileSync(join(REPOSITORY_ROOT, 'gpu-runner/Dockerfile'), 'utf8'));
const last = stages.at(-1) as Stage;
try {
  // Those before are images of others, and what is copied between them.
  for (const stage of stages.slice(stages.findIndex(({ name }) => name === 'sources'))) buildStage(stage);
  const command = last.instructions.find(({ keyword }) => keyword === 'CMD')?.argument ?? '[]';
  await startRunner(folderOf(last.name), JSON.parse(command) as string[]);
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const { stage, command, outcome, why } of steps) {
  console.log(`${outcome.padEnd(8)} ${stage.padEnd(9)} ${command}${why === undefined ? '' : `   (${why})`}`);
}
const broken = steps.filter(({ outcome, command }) => outcome === 'failed' && !DOWNLOADS.test(command));
process.exit(broken.length > 0 ? 1 : 0);
