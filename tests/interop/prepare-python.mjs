// Prints the interpreters for PREHEAT_INTEROP_PYTHON, one for each release of the Python client, each in a folder of its own that
// later runs use again. A release that cannot be installed here is left out, and its story is then skipped by name. Plain
// JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const LIMIT_MS = 240_000;
const RELEASES = JSON.parse(readFileSync(new URL('python-releases.json', import.meta.url), 'utf8'));

const run = (command, args) => spawnSync(command, args, { timeout: LIMIT_MS });
const succeeds = (command, args) => run(command, args).status === 0;

function prepared(release) {
  const folder = join(tmpdir(), 'preheat-python', `openai-${release}`);
  const python = join(folder, 'bin', 'python');
  const known = run(python, ['-c', 'import openai; print(openai.__version__)']).stdout?.toString().trim();
  const install = ['-m', 'pip', 'install', '--quiet', '--retries', '1', '--timeout', '15', `openai==${release}`];
  const isThere = known === release || (succeeds('python3', ['-m', 'venv', folder]) && succeeds(python, install));
  if (!isThere) console.error(`openai ${release} for Python cannot be installed here: its story will be skipped`);
  return isThere ? [python] : [];
}

console.log(RELEASES.flatMap(prepared).join(delimiter));
