import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testIo } from '../test-kit/test-io.js';
import { type ChildSpec, startChild } from './child-process.js';
import { keepRunning } from './keep-running.js';
import { decideRestart, HEALTHY_UPTIME_MS, MAX_CRASHES, MAX_RESTART_DELAY_MS } from './restart-policy.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-children-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let children = 0;
function child(code: string): ChildSpec & { lines: string[] } {
  const path = join(folder, `child-${++children}.mjs`);
  writeFileSync(path, code);
  const lines: string[] = [];
  const log = (name: string, line: string): void => void lines.push(`${name}: ${line}`);
  return { name: 'runner-1', entry: pathToFileURL(path).href, env: process.env, log, lines };
}

/** A log that resolves `line` with the first line it gets: the child is up. */
function firstLine(): { line: Promise<string>; log: ChildSpec['log'] } {
  let log: ChildSpec['log'] = () => undefined;
  const line = new Promise<string>((resolve) => {
    log = (_name, text) => resolve(text);
  });
  return { line, log: (name, text) => log(name, text) };
}

const preload = new URL('../../bin/exit-with-parent.mjs', import.meta.url).href;
const FOREVER = 'setInterval(() => {}, 1e6);';

describe('decideRestart', () => {
  it('waits longer after each crash, up to a bound, and gives up', () => {
    let row = { crashes: 0 };
    const delays: number[] = [];
    for (;;) {
      const decision = decideRestart(row, 0);
      if (!decision.restart) break;
      delays.push(decision.delayMs);
      row = decision.row;
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(delays).toHaveLength(MAX_CRASHES);
    expect(Math.max(...delays)).toBe(MAX_RESTART_DELAY_MS);
  });

  it('forgets old crashes once a process has lived long enough', () => {
    expect(decideRestart({ crashes: MAX_CRASHES }, HEALTHY_UPTIME_MS)).toMatchObject({ restart: true, delayMs: 500 });
  });
});

describe('startChild', () => {
  it('reports lines of both outputs under the name of the child, and its exit', async () => {
    const spec = child('console.log("out\\nmore"); console.error("err"); process.exitCode = 3;');
    expect(await startChild(spec).exit).toEqual({ code: 3, signal: null });
    expect(spec.lines.sort()).toEqual(['runner-1: err', 'runner-1: more', 'runner-1: out']);
  });

  it('asks for a clean end', async () => {
    const spec = child(`process.on('SIGTERM', () => process.exit(5)); console.log('up'); ${FOREVER}`);
    const { line, log } = firstLine();
    const running = startChild({ ...spec, log });
    await line;
    expect(await running.stop()).toEqual({ code: 5, signal: null });
  });

  it('lets no child outlive a parent that was killed', async () => {
    const { line, log } = firstLine();
    const farewell = join(folder, 'farewell');
    const grandchild = child(`
      import { writeFileSync } from 'node:fs';
      process.on('SIGTERM', () => {
        writeFileSync(${JSON.stringify(farewell)}, 'asked to stop');
        process.exit();
      });
      process.send('up');
      ${FOREVER}`);
    const parent = child(`
      import { spawn } from 'node:child_process';
      const args = ['--import', ${JSON.stringify(preload)}, ${JSON.stringify(fileURLToPath(grandchild.entry))}];
      const grandchild = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true });
      grandchild.on('message', () => console.log(process.pid));
      ${FOREVER}`);
    startChild({ ...parent, log });
    process.kill(Number(await line), 'SIGKILL');
    await expect.poll(() => existsSync(farewell), { timeout: 10_000 }).toBe(true);
  });

  it('lets no child outlive a parent that was gone before the child was up', async () => {
    const orphan = child(FOREVER);
    const args = ['--import', preload, fileURLToPath(orphan.entry)];
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    started.disconnect();
    expect(await once(started, 'exit')).toEqual([null, 'SIGTERM']);
  });
});

describe('keepRunning', () => {
  it('starts a crashed process again, and gives up after a row of crashes', async () => {
    const io = testIo();
    const spec = child('process.exit(9);');
    const error = await keepRunning(spec, io).gaveUp;
    expect(error.message).toBe(`runner-1 ended ${MAX_CRASHES + 1} times in a row, last with exit code 9`);
    expect(io.sleeps).toHaveLength(MAX_CRASHES);
  });

  it('does not start one again whose settings are wrong', async () => {
    const io = testIo();
    const error = await keepRunning(child('process.exit(78);'), io).gaveUp;
    expect(error.message).toBe('runner-1 was given wrong settings, see above');
    expect(io.sleeps).toEqual([]);
  });

  it('does not start it again when it was stopped', async () => {
    const io = testIo();
    const spec = child(`console.log('up'); ${FOREVER}`);
    const { line, log } = firstLine();
    const kept = keepRunning({ ...spec, log }, io);
    await line;
    await kept.stop();
    expect(io.sleeps).toEqual([]);
  });
});
