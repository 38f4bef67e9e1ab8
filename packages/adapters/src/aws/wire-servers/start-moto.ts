/** Starts moto_server (`pip install 'moto[server]'`), the S3 and SQS wire server of the conformance tests. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { WireServer } from './wire-server.js';

const START_MAX_MS = 30_000;

/**
 * Undefined when there is no moto_server, so that a suite can skip itself visibly. The program is found on the PATH
 * or named by the environment variable PREHEAT_MOTO_SERVER.
 */
export async function startMoto(): Promise<WireServer | undefined> {
  const program = process.env['PREHEAT_MOTO_SERVER'] ?? 'moto_server';
  const port = await freePort();
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  if (!(await spawned(child))) return undefined;
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const endpoint = `http://127.0.0.1:${port}`;
  await untilReady(`${endpoint}/moto-api/data.json`, child);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await ended;
  };
  return { endpoint, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function spawned(child: ChildProcess): Promise<boolean> {
  try {
    await once(child, 'spawn');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (const deadlineMs = Date.now() + START_MAX_MS; Date.now() < deadlineMs; await delay(50)) {
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode} instead of serving`);
    if (await answers(url)) return;
  }
  child.kill('SIGKILL');
  throw new Error(`moto_server did not answer within ${START_MAX_MS} ms`);
}

/** Nobody listens yet: fetch fails with a TypeError. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
