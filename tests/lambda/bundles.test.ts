/** What would be uploaded: every function's folder, its size against Lambda's limit, and the runtime it carries. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const output = join(root, 'functions/dist-lambda');
const MEGABYTE = 1024 * 1024;
const LAMBDA_LIMIT = 250 * MEGABYTE;
const run = promisify(execFile);

function bytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((bytes, { parentPath, name }) => bytes + statSync(join(parentPath, name)).size, 0);
}

beforeAll(async () => {
  await run(process.execPath, ['functions/build-lambda.mjs', 'inference', 'evaluation', 'sweeper'], { cwd: root });
});

describe.each(['inference', 'evaluation'])('%s', (name) => {
  const folder = join(output, name);

  test('fits, with the model runtime for one platform', () => {
    expect(bytesOf(folder)).toBeLessThan(LAMBDA_LIMIT / 3);
    const platforms = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6');
    expect(readdirSync(platforms)).toEqual(['linux']);
    expect(readdirSync(join(platforms, 'linux'))).toEqual(['x64']);
  });

  test.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('loads its own copy of the runtime', async () => {
    const program =
      "const { InferenceSession } = await import('onnxruntime-node'); console.log(typeof InferenceSession.create)";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
    expect(stdout).toBe('function\n');
  });

  test('has the worker that decoding starts', () => {
    expect(existsSync(join(folder, 'graph-worker.js'))).toBe(true);
  });
});

test('the sweeper stays small: no model runtime', () => {
  expect(existsSync(join(output, 'sweeper/node_modules'))).toBe(false);
  expect(bytesOf(join(output, 'sweeper'))).toBeLessThan(5 * MEGABYTE);
});
