// Runs every comparison with a peer and closes with a table of them: file, what is compared, result.
// What is absent on this machine is skipped and listed with the reason in its title. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'preheat-parity-'));
const report = join(scratch, 'report.json');
const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));

const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', 'tests/parity', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`].concat(
    process.argv.slice(2),
  ),
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;

try {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  console.log('| comparison | what | result |\n| --- | --- | --- |');
  for (const { name, assertionResults } of testResults) {
    for (const { fullName, status: result } of assertionResults) {
      const shown = result === 'passed' ? 'within bounds' : result === 'failed' ? 'FAILED' : 'not run';
      console.log(`| ${basename(name, '.test.ts')} | ${fullName} | ${shown} |`);
    }
  }
} catch (error) {
  console.error(`no report was written: ${error.message}`);
  process.exitCode ||= 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
