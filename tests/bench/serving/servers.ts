/** Both servers as processes of this machine that answer chat completions of one model. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { API_KEY, startPlatform } from '../../e2e/platform.js';
import { REPOSITORY } from '../peers.js';

export interface ChatServer {
  /** Up to and including `/v1`. */
  readonly baseURL: string;
  readonly apiKey: string;
  readonly model: string;
  stop(): Promise<void>;
}

const MODEL = 'bench';
const START_LIMIT_MS = 180_000;

/** The API of this platform with the model imported as a user would. */
export async function startOurs(folder: string): Promise<ChatServer> {
  const platform = await startPlatform();
  const cli = [`${REPOSITORY}packages/cli/bin/preheat.mjs`, 'models', 'import', folder, '--name', MODEL];
  await promisify(execFile)(process.execPath, cli, {
    env: { ...process.env, PREHEAT_BASE_URL: platform.baseURL, PREHEAT_API_KEY: API_KEY },
  });
  return { baseURL: platform.baseURL, apiKey: API_KEY, model: MODEL, stop: () => platform.stop() };
}

/** `transformers serve` on the same folder, one process with a thread a core, as it comes. */
export async function startTransformers(
  python: string,
  folder: string,
  options: readonly string[],
): Promise<ChatServer> {
  const port = await freePort();
  const command = python.replace(/[^/]+$/, 'transformers');
  const args = ['serve', folder, '--host', '127.0.0.1', '--port', String(port), '--device', 'cpu', ...options];
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (log += bytes.toString()));
  const baseURL = `http://127.0.0.1:${port}/v1`;
  await answering(`${baseURL}/models`, child, () => log);
  return { baseURL, apiKey: 'none', model: folder, stop: () => stop(child) };
}

async function answering(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (const startMs = performance.now(); performance.now() - startMs < START_LIMIT_MS; await pause(200)) {
    if (child.exitCode !== null) throw new Error(`the peer ended with ${child.exitCode}: ${log().slice(-1000)}`);
    const answer = await fetch(url).catch(() => null);
    if (answer) return;
  }
  await stop(child);
  throw new Error(`the peer did not answer within ${START_LIMIT_MS / 1000} s: ${log().slice(-1000)}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
  return address.port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
