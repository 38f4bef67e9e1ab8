/** The compiled code beside a bundle: taken where it fits, under the flags that Lambda starts Node with too, and never needed. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LambdaEnvironment } from './runtime-api.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'functions/dist-lambda/sweeper');
const scratch = mkdtempSync(join(tmpdir(), 'preheat-compiled-code-'));
const started: LambdaEnvironment[] = [];

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['functions/build-lambda.mjs', 'sweeper'], { cwd: root });
});
afterEach(async () => {
  for (const lambda of started.splice(0)) await lambda.stop();
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What a sweep says of its start. */
async function compiledCodeOf(bundle: string, nodeFlags: string[] = []): Promise<string | undefined> {
  const env = { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: join(scratch, 'data') };
  const lambda = await LambdaEnvironment.start({ folder: bundle, handler: 'sweeper.handler', env, nodeFlags });
  started.push(lambda);
  await lambda.invoke({});
  return /"compiledCode":"(\w+)"/.exec(lambda.output)?.[1];
}

test('is taken', async () => {
  expect(await compiledCodeOf(folder)).toBe('taken');
});

test('is taken under the flags that Lambda derives from the memory of a function', async () => {
  const flags = ['--expose-gc', '--max-semi-space-size=51', '--max-old-space-size=921'];
  expect(await compiledCodeOf(folder, flags)).toBe('taken');
});

test('is refused under flags that change what is compiled, and the function works all the same', async () => {
  expect(await compiledCodeOf(folder, ['--no-lazy'])).toBe('refused');
});

test.each([
  ['of another version', 'refused', (file: string) => writeFileSync(file, Buffer.alloc(4096, 1))],
  ['that was cut off', 'refused', (file: string) => truncateSync(file, 64)],
  ['that is not there', 'absent', (file: string) => rmSync(file)],
])('compiled code %s is %s, and the function works all the same', async (_, outcome, damage) => {
  const copy = mkdtempSync(join(scratch, 'copy-'));
  cpSync(folder, copy, { recursive: true });
  damage(join(copy, 'start.compiled'));
  expect(await compiledCodeOf(copy)).toBe(outcome);
});
