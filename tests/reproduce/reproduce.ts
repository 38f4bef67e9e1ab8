/** `npm run reproduce -- --help`: runs the experiments of published systems, and tells where each stands. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FolderArtifacts } from './artifacts.js';
import { makeBase, readBases } from './bases.js';
import { listing, systems, writeIndex } from './catalogue.js';
import { PlatformLab } from './platform-lab.js';
import { type ExperimentPlatform, startExperimentPlatform } from './platform.js';
import { ProgressLog } from './progress-log.js';
import { REPRODUCE_HELP, type ReproduceRequest, reproduceRequest } from './reproduce-request.js';
import { reproduceSystem } from './reproduce-system.js';

type Work = Extract<ReproduceRequest, { kind: 'bases' | 'run' }>;

const known = { systems: systems().map(({ id }) => id), bases: Object.keys(readBases()) };
try {
  await main(reproduceRequest(process.argv.slice(2), known));
} catch (error) {
  // What an arm or a file failed with is the whole story; what was done is kept for the next run.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(request: ReproduceRequest): Promise<void> {
  switch (request.kind) {
    case 'help':
      process.stdout.write(REPRODUCE_HELP);
      return;
    case 'list':
      process.stdout.write(listing());
      return;
    case 'index':
      writeIndex();
      return;
    case 'mistake':
      process.stderr.write(`${request.message}\nnpm run reproduce -- --help says more\n`);
      process.exitCode = 2;
      return;
    default:
      return onPlatform(request);
  }
}

async function onPlatform(request: Work): Promise<void> {
  const work = resolve(request.work);
  mkdirSync(work, { recursive: true });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const platform = await startExperimentPlatform(join(work, 'platform'));
  try {
    await withLab(platform, work, stopping.signal, request);
  } finally {
    await platform.stop();
  }
}

async function withLab(
  { client }: ExperimentPlatform,
  work: string,
  signal: AbortSignal,
  request: Work,
): Promise<void> {
  const nowMs = () => performance.now();
  const log = new ProgressLog(process.stderr, nowMs);
  const artifacts = new FolderArtifacts(join(work, 'artifacts'));
  const lab = new PlatformLab({ client, artifacts, signal, progress: (text) => log.progress(text), nowMs });
  if (request.kind === 'run') return reproduceSystem({ client, lab, log, nowMs }, request.system, request.preset);
  for (const [name, base] of Object.entries(readBases())) {
    if (!request.names.includes(name)) continue;
    log.message(`${name}: ${JSON.stringify(await makeBase(client, lab, name, base), null, 2)}`);
    writeIndex();
  }
}
