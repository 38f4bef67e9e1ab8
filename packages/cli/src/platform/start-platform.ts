/**
 * The whole platform on one machine: an API server and some runners as child processes over one folder. They share
 * nothing but that folder, exactly as in production they share nothing but the object store and the queue.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Preheat, PreheatError } from '@preheat/sdk';
import { CommandFailed, type Io } from '../io.js';
import { apiKeyHashes } from './api-key.js';
import { type ChildSpec, describeExit, type RunningChild, startChild } from './child-process.js';
import { type KeptProcess, keepRunning } from './keep-running.js';
import { claimPort, LOOPBACK } from './ports.js';

export interface PlatformOptions {
  /** Folder of this installation; the state lives in `data` below it. */
  readonly home: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly runners: number;
  readonly apiKey: string;
  readonly logLevel: string;
  readonly log: (name: string, line: string) => void;
}

export interface Platform {
  /** Without `/v1`. */
  readonly url: string;
  readonly baseURL: string;
  /** Resolves when the platform cannot go on; never while it runs or when it was stopped. */
  readonly failed: Promise<Error>;
  /** Stops every process; returns when all are gone. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;

/** Starts everything and returns once the API answers. Whatever was started is stopped again when that fails. */
export async function startPlatform(options: PlatformOptions, io: Io): Promise<Platform> {
  const dataDir = join(options.home, 'data');
  await mkdir(dataDir, { recursive: true });
  const port = await claimPort(options.port);
  const url = `http://${LOOPBACK}:${port}`;
  const env = storeEnvironment(options, dataDir, io);
  const apiSpec: ChildSpec = {
    name: 'api',
    entry: import.meta.resolve('@preheat/functions/main'),
    env: { ...env, ...apiEnvironment(options.apiKey, port, url) },
    log: options.log,
  };
  const api = startChild(apiSpec);
  const runners = Array.from({ length: options.runners }, (_, index) => startRunner(index + 1, env, options, io));
  const baseURL = `${url}/v1`;
  const decided = new AbortController();
  const signal = AbortSignal.any([io.signal, decided.signal]);
  try {
    const asked = untilReady(baseURL, options.apiKey, { ...io, signal });
    await Promise.race([asked, endOf(api), ...runners.map((runner) => runner.gaveUp.then(rethrow))]);
  } catch (error) {
    await Promise.all([api, ...runners].map((each) => each.stop()));
    throw error;
  } finally {
    // Whoever still asks whether it is ready would keep this process alive.
    decided.abort();
  }
  // What has started once can start again; what has not may be wrong.
  const processes = [keepRunning(apiSpec, { ...io, start: takeOver(api) }), ...runners];
  return {
    url,
    baseURL,
    failed: Promise.race(processes.map((each) => each.gaveUp)),
    stop: async () => {
      await Promise.all(processes.map((each) => each.stop()));
    },
  };
}

/** Starts processes, the first of which runs already. */
function takeOver(running: RunningChild): (spec: ChildSpec) => RunningChild {
  let first: RunningChild | undefined = running;
  return (spec) => {
    const child = first ?? startChild(spec);
    first = undefined;
    return child;
  };
}

async function endOf(api: RunningChild): Promise<never> {
  throw new CommandFailed(`the API server ended with ${describeExit(await api.exit)}`);
}

function storeEnvironment(options: PlatformOptions, dataDir: string, io: Io): Record<string, string | undefined> {
  return {
    ...io.env,
    PREHEAT_STORE: 'filesystem',
    PREHEAT_DATA_DIR: dataDir,
    PREHEAT_LOG_LEVEL: options.logLevel,
    // ONNX Runtime reports usage to its maker unless told not to; a platform that runs here sends nothing anywhere.
    ORT_DISABLE_TELEMETRY: '1',
  };
}

function apiEnvironment(apiKey: string, port: number, url: string): Record<string, string> {
  return {
    PREHEAT_API_KEY_HASHES: apiKeyHashes(apiKey),
    PREHEAT_HOST: LOOPBACK,
    PREHEAT_PORT: String(port),
    PREHEAT_PUBLIC_URL: url,
    ...dashboardEnvironment(),
  };
}

/** The dashboard is there once it was built; without it the platform is complete but for its pages. */
function dashboardEnvironment(): Record<string, string> {
  const folder = dirname(fileURLToPath(import.meta.resolve('@preheat/dashboard/site/index.html')));
  return existsSync(folder) ? { PREHEAT_DASHBOARD_DIR: folder } : {};
}

function startRunner(
  number: number,
  env: Record<string, string | undefined>,
  options: PlatformOptions,
  io: Io,
): KeptProcess {
  const name = `runner-${number}`;
  const entry = import.meta.resolve('@preheat/gpu-runner/main');
  return keepRunning(
    { name, entry, env: { ...env, PREHEAT_RUNNER_ID: `${name}-${process.pid}` }, log: options.log },
    io,
  );
}

function rethrow(error: Error): never {
  throw error;
}

async function untilReady(baseURL: string, apiKey: string, io: Io): Promise<void> {
  const client = new Preheat({ apiKey, baseURL, maxRetries: 0 });
  const deadlineMs = io.nowMs() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await client.models.list({ signal: io.signal }).page();
      return;
    } catch (error) {
      // Not up yet: nobody listens, or what it needs is still being made.
      const notYet = error instanceof PreheatError && (error.status === null || error.status === 503);
      if (!notYet) throw error;
      if (io.nowMs() > deadlineMs)
        throw new CommandFailed(`the API server did not answer within ${READY_TIMEOUT_MS} ms`);
    }
    await io.sleep(READY_POLL_MS, io.signal);
  }
}
