/**
 * Makes sure that SST's platform folder (.sst/platform: its components as TypeScript, and the Pulumi SDK) is there.
 * `sst install` unpacks it without AWS credentials, but needs the npm registry once; where that cannot be reached the
 * caller skips, visibly. With `CI` set nothing is skipped: what never runs guards nothing.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const REPOSITORY_ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const PLATFORM_FOLDER = join(REPOSITORY_ROOT, '.sst', 'platform');
const LOCK_FOLDER = join(REPOSITORY_ROOT, '.sst', 'installing-for-tests');
const INSTALL_TIMEOUT_MS = 240_000;
const LOOK_AGAIN_MS = 500;
const OUTPUT_LINES_KEPT = 15;

/** Either the platform is usable, or the reason why it is not. */
export type Platform = { ready: true } | { ready: false; reason: string };

export async function ensurePlatform(): Promise<Platform> {
  return isInstalled() ? { ready: true } : alone(install);
}

/** Test files run side by side, and would delete what another is installing: one installs while the others wait for it. */
async function alone<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(LOCK_FOLDER), { recursive: true });
  // One that is held for longer is of a process that died.
  for (let waitedMs = 0; waitedMs < INSTALL_TIMEOUT_MS && !isLocked(); waitedMs += LOOK_AGAIN_MS) {
    await setTimeout(LOOK_AGAIN_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK_FOLDER, { recursive: true, force: true });
  }
}

/** Whether the lock is this process's now. */
function isLocked(): boolean {
  try {
    mkdirSync(LOCK_FOLDER);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function install(): Promise<Platform> {
  if (isInstalled()) return { ready: true };
  process.stderr.write('\n[tests/infra] installing the SST platform into .sst/ (once, about 40 s) …\n');
  const { code, output } = await installPlatform();
  if (code === 0) {
    writeFileSync(markerFile(), sstVersion());
    return { ready: true };
  }
  const reason = `\`npm run infra:install\` failed (exit ${code}): ${output}`;
  if (!isRegistryUnreachable(output) || process.env.CI) throw new Error(reason);
  process.stderr.write(`[tests/infra] SKIPPED, the npm registry cannot be reached.\n${reason}\n`);
  return { ready: false, reason };
}

/** An interrupted install leaves a folder that looks whole, so trust only one that was marked, for this version. */
function isInstalled(): boolean {
  return existsSync(markerFile()) && readFileSync(markerFile(), 'utf8') === sstVersion();
}

function markerFile(): string {
  return join(PLATFORM_FOLDER, '.installed-by-tests');
}

function sstVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(REPOSITORY_ROOT, 'node_modules/sst/package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest && 'version' in manifest) return String(manifest.version);
  throw new Error('node_modules/sst/package.json has no version: run `npm ci`.');
}

function isRegistryUnreachable(output: string): boolean {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|no such host|network/i.test(output);
}

/** The last lines are where npm and sst say what went wrong. */
async function installPlatform(): Promise<{ code: number | null; output: string }> {
  rmSync(PLATFORM_FOLDER, { recursive: true, force: true });
  const child = spawn('npm', ['run', '--silent', 'infra:install'], {
    cwd: REPOSITORY_ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: INSTALL_TIMEOUT_MS,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const lines = Buffer.concat(chunks).toString().trim().split('\n');
  return { code, output: lines.slice(-OUTPUT_LINES_KEPT).join('\n') };
}
