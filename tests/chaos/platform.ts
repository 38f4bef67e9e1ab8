/** The platform of a chaos run: one API and three runners as processes, on one store. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { ChaosStore } from './stores.js';
import { SupervisedProcess } from './supervised-process.js';

export const API_KEY = 'sk-chaos';
export const PROJECT = 'proj-chaos';
export const LEASE_TTL_MS = 4_000;
/** Beyond the longest stop of a process. */
export const ORPHAN_GRACE_MS = 30_000;
const RUNNERS = 3;

export interface ChaosPlatform {
  readonly baseURL: string;
  readonly api: SupervisedProcess;
  readonly runners: readonly SupervisedProcess[];
  end(): Promise<void>;
}

/** @param folder Where the processes log. */
export async function startPlatform(store: ChaosStore, folder: string): Promise<ChaosPlatform> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const env = {
    PATH: process.env['PATH'] ?? '',
    ...store.env,
    // Fixed: clients find a restarted API where the one before it was.
    PREHEAT_PORT: String(port),
    PREHEAT_API_KEY_HASHES: `${createHash('sha256').update(API_KEY).digest('hex')}:${PROJECT}`,
    PREHEAT_LEASE_TTL_MS: String(LEASE_TTL_MS),
    PREHEAT_ORPHAN_GRACE_MS: String(ORPHAN_GRACE_MS),
    PREHEAT_RUNNER_EXECUTOR: 'onnx',
    PREHEAT_LOG_LEVEL: 'info',
    ORT_DISABLE_TELEMETRY: '1',
  };
  const api = new SupervisedProcess('api', 'functions/src/main.ts', env, folder);
  const runners = Array.from({ length: RUNNERS }, (_, i) => {
    const name = `runner-${i + 1}`;
    return new SupervisedProcess(name, 'gpu-runner/src/main.ts', { ...env, PREHEAT_RUNNER_ID: name }, folder);
  });
  const end = async (): Promise<void> => {
    await Promise.all([api, ...runners].map((process) => process.end()));
  };
  return { baseURL: `http://127.0.0.1:${port}/v1`, api, runners, end };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
