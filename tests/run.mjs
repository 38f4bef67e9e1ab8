// Runs every test ring and closes with one line that counts them: `N passed, N failed, N skipped`.
// Arguments go to vitest: `npm test -- packages/graph`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'preheat-tests-'));
const report = join(scratch, 'report.json');
const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));

const child = spawn(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));

const firstLines = (message) => message.split('\n').slice(0, 6).join('\n  ');

child.on('exit', (code, signal) => {
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    console.error(`no test report was written: ${error.message}`);
  }
  rmSync(scratch, { recursive: true, force: true });
  if (counts) {
    // A file that could not be loaded has no tests in it, but it failed.
    const brokenFiles = counts.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    const failed = counts.numFailedTests + brokenFiles.length;
    const skipped = counts.numPendingTests + (counts.numTodoTests ?? 0);
    for (const file of counts.testResults) {
      for (const test of file.assertionResults) {
        if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped: ${test.fullName}`);
      }
    }
    // Last, so that whoever sees only the end of a long run sees what failed and why.
    for (const file of counts.testResults) {
      const name = relative(root, file.name);
      if (brokenFiles.includes(file)) console.log(`failed: ${name}: ${firstLines(file.message)}`);
      for (const test of file.assertionResults) {
        if (test.status === 'failed')
          console.log(`failed: ${name}: ${test.fullName}: ${firstLines(test.failureMessages.join('\n'))}`);
      }
    }
    console.log(`${counts.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
    process.exitCode = code === 0 && (failed > 0 || counts.numPassedTests === 0) ? 1 : (code ?? 1);
  } else {
    console.log('0 passed, 1 failed, 0 skipped');
    process.exitCode = code || 1;
  }
  if (signal) process.exitCode = 1;
});
