/**
 * `npm run reproduce -- <system> [--preset small|full|tiny] [--work FOLDER]`: runs the arms of a system's experiment as jobs,
 * and writes its ledger entry and plot. `--list`: every system and where it stands. `--bases [NAME…]`: the base checkpoints.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FolderArtifacts } from './artifacts.js';
import { makeBase, readBases } from './bases.js';
import { listing, systems, writeIndex } from './catalogue.js';
import { PlatformLab } from './platform-lab.js';
import { type ExperimentPlatform, startExperimentPlatform } from './platform.js';
import { ProgressLog } from './progress-log.js';
import { reproduceSystem } from './reproduce-system.js';

const USAGE = 'npm run reproduce -- <system> [--preset small|full|tiny] [--work FOLDER] | --list | --bases [NAME…]';
const DEFAULT_WORK = '.preheat/reproduce';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    preset: { type: 'string', default: 'small' },
    work: { type: 'string', default: DEFAULT_WORK },
    list: { type: 'boolean', default: false },
    index: { type: 'boolean', default: false },
    bases: { type: 'boolean', default: false },
  },
});

try {
  await main();
} catch (error) {
  // What an arm or a file failed with is the whole story; what was done is kept for the next run.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  if (values.list) return void process.stdout.write(listing());
  if (values.index) return writeIndex();
  const [id] = positionals;
  if (!values.bases && (id === undefined || !systems().some((system) => system.id === id))) {
    process.stderr.write(`${id === undefined ? 'no system is named' : `there is no system ${id}`}\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  const work = resolve(values.work);
  mkdirSync(work, { recursive: true });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const platform = await startExperimentPlatform(join(work, 'platform'));
  try {
    await withLab(platform, work, stopping.signal, id);
  } finally {
    await platform.stop();
  }
}

async function withLab({ client }: ExperimentPlatform, work: string, signal: AbortSignal, id = ''): Promise<void> {
  const nowMs = () => performance.now();
  const log = new ProgressLog(process.stderr, nowMs);
  const artifacts = new FolderArtifacts(join(work, 'artifacts'));
  const lab = new PlatformLab({ client, artifacts, signal, progress: (text) => log.progress(text), nowMs });
  if (!values.bases) return reproduceSystem({ client, lab, log, nowMs }, id, values.preset);
  const known = readBases();
  for (const name of positionals.length > 0 ? positionals : Object.keys(known)) {
    const base = known[name];
    if (!base) throw new Error(`there is no base ${name}; there are ${Object.keys(known).join(', ')}`);
    log.message(`${name}: ${JSON.stringify(await makeBase(client, lab, name, base), null, 2)}`);
    writeIndex();
  }
}
