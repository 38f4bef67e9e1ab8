/** The filesystem adapters under several real operating-system processes, and under kill -9. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '@preheat/ports';
import { systemClock } from '../system/system-clock.js';
import { FilesystemObjectStore } from './filesystem-object-store.js';
import { FilesystemWorkQueue } from './filesystem-work-queue.js';
import { LockTimeoutError } from './key-locks.js';

const KEY = 'race/entries.json';
const PROGRAM = fileURLToPath(new URL('testing/writer-process.ts', import.meta.url));

let root: string;
let started: ChildProcess[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'preheat-processes-'));
  started = [];
});
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

test('4 processes that swap one object lose no update', async () => {
  await emptyEntries();
  const writers = ['a', 'b', 'c', 'd'].map((name) => start('append', name, '12'));
  await Promise.all(writers.map((writer) => writer.ended));
  expect(writers.map((writer) => writer.child.exitCode)).toEqual([0, 0, 0, 0]);
  const entries = await readEntries();
  expect(entries).toHaveLength(48);
  expect(new Set(entries)).toEqual(new Set(writers.flatMap((writer) => writer.lines)));
});

test('writers killed at any instant block nobody, lose no confirmed update and let nobody win twice', async () => {
  await emptyEntries();
  const victims = ['v1', 'v2', 'v3'].map((name) => start('append', name, '1000000'));
  const survivor = start('append', 'survivor', '60');
  for (const [index, victim] of victims.entries()) {
    await victim.untilLines(5 + 3 * index);
    victim.child.kill('SIGKILL');
    await victim.ended;
  }
  await survivor.ended;
  expect(survivor.child.exitCode).toBe(0);
  const entries = await readEntries();
  expect(new Set(entries).size).toBe(entries.length);
  for (const writer of [...victims, survivor]) {
    for (const line of writer.lines) expect(entries).toContain(line);
  }
  // A victim may die after its write and before its report, once.
  const confirmed = [...victims, survivor].reduce((sum, writer) => sum + writer.lines.length, 0);
  expect(entries.length - confirmed).toBeLessThanOrEqual(victims.length);
});

test('a lock whose owner was killed while holding it is passed over by all, still one at a time', async () => {
  await emptyEntries();
  for (let round = 0; round < 2; round++) {
    const holder = start('hold');
    await holder.untilLines(1);
    holder.child.kill('SIGKILL');
    await holder.ended;
  }
  const writers = ['a', 'b', 'c'].map((name) => start('append', name, '8'));
  await Promise.all(writers.map((writer) => writer.ended));
  expect(await readEntries()).toHaveLength(24);
  expect(await readdir(join(root, 'locks'))).toHaveLength(2);
});

test('a lock whose owner lives is waited for, until the owner is dead', async () => {
  const holder = start('hold');
  await holder.untilLines(1);
  let looks = 0;
  const clock: Clock = {
    nowMs: () => systemClock.nowMs(),
    async sleep(ms) {
      looks += 1;
      if (looks === 20) holder.child.kill('SIGKILL');
      await systemClock.sleep(ms);
    },
  };
  const store = await FilesystemObjectStore.open(root, { clock });
  expect((await store.put(KEY, Buffer.from('mine'))).ok).toBe(true);
  expect(looks).toBeGreaterThanOrEqual(20);
});

test('a lock that is held for too long is reported with its owner', async () => {
  const holder = start('hold');
  await holder.untilLines(1);
  let nowMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    async sleep() {
      nowMs += 10_000;
    },
  };
  const store = await FilesystemObjectStore.open(root, { clock });
  const refused = store.put(KEY, Buffer.from('mine'));
  await expect(refused).rejects.toThrow(LockTimeoutError);
  await expect(refused).rejects.toThrow(`Process ${holder.child.pid} `);
});

test('opening a store sweeps what dead processes left, and leaves the living alone', async () => {
  const store = await FilesystemObjectStore.open(root, { clock: systemClock });
  const holder = start('hold');
  await holder.untilLines(1);
  holder.child.kill('SIGKILL');
  await holder.ended;
  expect(await readdir(join(root, 'processes'))).toHaveLength(2);
  const another = await FilesystemObjectStore.open(root, { clock: systemClock });
  expect(await readdir(join(root, 'processes'))).toHaveLength(2);
  await another.close();
  expect((await store.put('after/sweep', Buffer.from('x'))).ok).toBe(true);
  await store.close();
});

test('3 processes share the messages of a queue: each is delivered to one of them', async () => {
  const queue = await FilesystemWorkQueue.open<string>(root, { clock: systemClock });
  const messages = Array.from({ length: 40 }, (_, i) => `message ${i}`);
  await Promise.all(messages.map((message) => queue.send(message)));
  const receivers = ['a', 'b', 'c'].map((name) => start('receive', name));
  await Promise.all(receivers.map((receiver) => receiver.ended));
  expect(receivers.flatMap((receiver) => receiver.lines).sort()).toEqual(messages.sort());
  expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
});

interface StartedProcess {
  readonly child: ChildProcess;
  /** What it has reported so far. */
  readonly lines: string[];
  readonly ended: Promise<unknown>;
  untilLines(count: number): Promise<void>;
}

function start(mode: string, ...rest: string[]): StartedProcess {
  const child = fork(PROGRAM, [mode, root, ...rest], { execArgv: ['--import', 'tsx', '--conditions=source'] });
  started.push(child);
  const lines: string[] = [];
  child.on('message', (line) => lines.push(String(line)));
  const ended = once(child, 'close');
  const untilLines = async (count: number): Promise<void> => {
    while (lines.length < count) {
      if (child.exitCode !== null) throw new Error(`The ${mode} process ended with ${child.exitCode}`);
      await Promise.race([once(child, 'message'), ended]);
    }
  };
  return { child, lines, ended, untilLines };
}

async function emptyEntries(): Promise<void> {
  const store = await FilesystemObjectStore.open(root, { clock: systemClock });
  await store.put(KEY, Buffer.from('[]'));
  await store.close();
}

async function readEntries(): Promise<string[]> {
  const store = await FilesystemObjectStore.open(root, { clock: systemClock });
  const stored = await store.get(KEY);
  await store.close();
  return JSON.parse(Buffer.from(stored?.body ?? []).toString()) as string[];
}
