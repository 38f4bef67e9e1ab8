/** Facts of the runner's image that can be checked without a container engine. That it builds and runs is not among them. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rooms } from '../architecture/rooms.js';
import { copiedFromContext, parseDockerfile, type Stage } from './dockerfile.js';
import { REPOSITORY_ROOT } from './platform.js';

const text = readFileSync(join(REPOSITORY_ROOT, 'gpu-runner/Dockerfile'), 'utf8');
const stages = parseDockerfile(text);
const final = stages.at(-1) as Stage;
const argumentsOf = (stage: Stage, keyword: string) =>
  stage.instructions.filter((instruction) => instruction.keyword === keyword).map(({ argument }) => argument);
const stage = (name: string) => stages.find((candidate) => candidate.name === name) as Stage;

test('every path it copies exists and is not kept out of the build context', () => {
  const copied = stages.flatMap(copiedFromContext);
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !existsSync(join(REPOSITORY_ROOT, path)))).toEqual([]);
  const ignored = readFileSync(join(REPOSITORY_ROOT, 'gpu-runner/Dockerfile.dockerignore'), 'utf8').split('\n');
  expect(copied.filter((path) => ignored.some((pattern) => pattern && path.split('/')[0] === pattern))).toEqual([]);
});

test('every workspace has its manifest there, or npm refuses the lock file', () => {
  const copied = copiedFromContext(stage('sources'));
  const present = ({ folder }: { folder: string }) =>
    copied.some((path) => path === `${folder}/package.json` || folder === path || folder.startsWith(`${path}/`));
  expect(rooms().filter((room) => !present(room))).toEqual([]);
});

test('every stage it copies from or builds on is defined before it', () => {
  const known = new Set<string>();
  for (const { name, from, instructions } of stages) {
    const sources = instructions.flatMap(({ argument }) => /^--from=(\S+)/.exec(argument)?.[1] ?? []);
    if (!from.includes(':')) expect(known).toContain(from);
    for (const source of sources) expect(known).toContain(source);
    known.add(name);
  }
});

describe('libraries', () => {
  test('Node is a version that tfjs-node-gpu works on', () => {
    expect(stage('node').from).toMatch(/^node:20-/);
  });

  test('the CUDA and cuDNN majors are those that the libtensorflow of tfjs-node-gpu is linked against', () => {
    const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json', {
      paths: [join(REPOSITORY_ROOT, 'gpu-runner')],
    });
    const constants = readFileSync(join(dirname(manifest), 'scripts/deps-constants.js'), 'utf8');
    expect(constants, 'another TensorFlow may need another CUDA: see the comment in the Dockerfile').toContain(
      "LIBTENSORFLOW_VERSION = '2.9.1'",
    );
    expect(stage('base').from).toMatch(/^nvidia\/cuda:11\.\d+\.\d+-cudnn8-runtime-/);
    expect(final.from).toBe('base');
  });

  test('only the install script of tfjs-node-gpu runs', () => {
    expect(argumentsOf(stage('sources'), 'COPY').join(' ')).toContain('.npmrc');
    expect(readFileSync(join(REPOSITORY_ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
    const commands = argumentsOf(stage('modules'), 'RUN').join(' ');
    expect(commands).toContain('npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false');
    expect(text.match(/--ignore-scripts=false/g)).toHaveLength(1);
  });
});

describe('at run time', () => {
  test('the runner is not root', () => {
    expect(argumentsOf(final, 'USER')).toEqual(['runner']);
    expect(argumentsOf(final, 'RUN').join(' ')).toMatch(/useradd [^&]* runner/);
  });

  test('SIGTERM reaches it through an init, and it starts what it bundles', () => {
    expect(argumentsOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(argumentsOf(final, 'RUN').join(' ')).toContain(' tini');
    expect(JSON.parse(argumentsOf(final, 'ENTRYPOINT')[0] as string)).toEqual(['tini', '--']);
    const [, main] = JSON.parse(argumentsOf(final, 'CMD')[0] as string) as string[];
    expect(argumentsOf(stage('bundled'), 'RUN').join(' ')).toContain('node gpu-runner/bundle.mjs');
    expect(argumentsOf(final, 'COPY').join(' ')).toContain(`--from=bundled /app/${dirname(main as string)} `);
  });

  test('its health is that of the GPU', () => {
    expect(argumentsOf(final, 'HEALTHCHECK')[0]).toMatch(/CMD nvidia-smi -L \|\| exit 1$/);
  });
});
