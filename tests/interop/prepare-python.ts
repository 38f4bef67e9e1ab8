/**
 * Prints the interpreters for `PREHEAT_INTEROP_PYTHON`, one for each release of the Python client, each in a folder of its own that
 * later runs use again. A release that cannot be installed here is left out, and its story is then skipped by name.
 */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PYTHON_RELEASES, versionOf } from './python-clients.js';

const LIMIT_MS = 240_000;

function run(command: string, args: readonly string[]): boolean {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'ignore'], timeout: LIMIT_MS });
  return status === 0;
}

function prepared(release: string): string[] {
  const folder = join(tmpdir(), 'preheat-python', `openai-${release}`);
  const python = join(folder, 'bin', 'python');
  const install = ['-m', 'pip', 'install', '--quiet', '--retries', '1', '--timeout', '15', `openai==${release}`];
  const isThere = versionOf(python) === release || (run('python3', ['-m', 'venv', folder]) && run(python, install));
  if (!isThere) console.error(`openai ${release} for Python cannot be installed here: its story will be skipped`);
  return isThere ? [python] : [];
}

console.log(PYTHON_RELEASES.flatMap(prepared).join(delimiter));
