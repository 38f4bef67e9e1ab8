/**
 * Runs every comparison with a peer and prints one table of them; what is absent on this machine is in it as not run.
 * `npm run parity -- --write-docs` puts the table into docs/engine.md; other arguments go to vitest.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceBlock } from '../bench/replace-block.js';
import { hasFailed, parityTable, type ReportedFile } from './parity-table.js';
import { findPeerVersions } from './peer-versions.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const WRITE_DOCS = '--write-docs';

/** What vitest reported; undefined when it wrote no report. */
function runVitest(args: readonly string[]): readonly ReportedFile[] {
  const scratch = mkdtempSync(join(tmpdir(), 'preheat-parity-'));
  const report = join(scratch, 'report.json');
  const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    // Progress goes to standard error, so that standard output is the table alone.
    spawnSync(process.execPath, [vitest, 'run', 'tests/parity', ...reporters, ...args], {
      cwd: REPOSITORY,
      stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    });
    return (JSON.parse(readFileSync(report, 'utf8')) as { testResults: ReportedFile[] }).testResults;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const files = runVitest(args.filter((arg) => arg !== WRITE_DOCS));
const table = parityTable(files, findPeerVersions(process.env));
console.log(table);
if (hasFailed(files)) {
  process.exitCode = 1;
} else if (args.includes(WRITE_DOCS)) {
  const page = join(REPOSITORY, 'docs', 'engine.md');
  const content = `Computed on ${cpus()[0]?.model}, Node ${process.versions.node}.\n\n${table}`;
  writeFileSync(page, replaceBlock(readFileSync(page, 'utf8'), 'parity', content));
}
