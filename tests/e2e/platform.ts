/** The platform as operating-system processes on this machine: one API, any number of runners, one store. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const API_KEY = 'sk-test-key-of-the-e2e-ring';
const PROJECT = 'proj-e2e';

/** Short, so that a killed runner is noticed within a test's patience. */
const LEASE_TTL_MS = 3_000;

interface Process {
  readonly child: ChildProcess;
  /** Everything it logged, for the message of a failing test. */
  readonly lines: string[];
  /** Resolves with the first log record of this message. */
  seen(message: string): Promise<Record<string, unknown>>;
}

export interface Platform {
  readonly baseURL: string;
  readonly dataDir: string;
  /** @param entry A source file, by default the runner's, or a bundle. */
  startRunner(id: string, entry?: string): Process;
  /** The last lines that every process logged. */
  logs(lines?: number): string;
  stop(): Promise<void>;
}

/** @param settings Of the store, by default a directory that is removed at the end, and whatever else differs. */
export async function startPlatform(settings: Record<string, string> = {}): Promise<Platform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'preheat-e2e-'));
  const processes: Process[] = [];
  const environment = {
    PATH: process.env['PATH'] ?? '',
    PREHEAT_STORE: 'filesystem',
    PREHEAT_DATA_DIR: dataDir,
    PREHEAT_PORT: '0',
    PREHEAT_API_KEY_HASHES: `${createHash('sha256').update(API_KEY).digest('hex')}:${PROJECT}`,
    PREHEAT_LEASE_TTL_MS: String(LEASE_TTL_MS),
    PREHEAT_RUNNER_EXECUTOR: 'onnx',
    PREHEAT_LOG_LEVEL: 'info',
    ORT_DISABLE_TELEMETRY: '1',
    ...settings,
  };
  const start = (entry: string, extra: Record<string, string> = {}): Process => {
    const started = launch(entry, { ...environment, ...extra });
    processes.push(started);
    return started;
  };
  const api = start('functions/src/main.ts');
  const { url } = await api.seen('listening');
  return {
    baseURL: `${String(url)}/v1`,
    dataDir,
    startRunner: (id, entry = 'gpu-runner/src/main.ts') => start(entry, { PREHEAT_RUNNER_ID: id }),
    logs: (count = 60) => processes.map(({ lines }) => lines.slice(-count).join('\n')).join('\n----\n'),
    stop: async () => {
      await Promise.all(processes.map(({ child }) => stop(child)));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs a file as its own process: a source file with the `source` condition so that no build is needed. */
function launch(entry: string, env: Record<string, string>): Process {
  const loader = entry.endsWith('.ts') ? ['--conditions=source', '--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...loader, resolve(root, entry)], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const waiting = new Map<string, (record: Record<string, unknown>) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    const record = parse(line);
    const message = String(record?.['message'] ?? '');
    if (record) waiting.get(message)?.(record);
  });
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  const seen = (message: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const known = lines.map(parse).find((record) => record?.['message'] === message);
      if (known) return resolve(known);
      waiting.set(message, resolve);
      child.once('exit', (code) => reject(new Error(`${entry} exited with ${code}:\n${lines.join('\n')}`)));
    });
  return { child, lines, seen };
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // a library's own line that only looks like ours
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
