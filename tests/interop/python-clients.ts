/** The releases of the official Python client that tell the story, and the interpreters that have them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';

/** The newest, and the last of the release before. */
export const PYTHON_RELEASES = JSON.parse(
  readFileSync(new URL('python-releases.json', import.meta.url), 'utf8'),
) as readonly string[];

export interface PythonClient {
  readonly release: string;
  /** Null where no interpreter has the release. */
  readonly python: string | null;
}

/**
 * One for each release. `PREHEAT_INTEROP_PYTHON` lists interpreters, separated as in PATH; `PREHEAT_PEER_PYTHON` names one more.
 * A release stands for its line: 3.22.2 tells the story of 3.22.
 */
export function pythonClients(environment: NodeJS.ProcessEnv = process.env): PythonClient[] {
  const listed = (environment['PREHEAT_INTEROP_PYTHON'] ?? '').split(delimiter);
  const interpreters = [...listed, environment['PREHEAT_PEER_PYTHON'] ?? ''].filter(Boolean);
  const found = interpreters.map((python) => ({ python, version: versionOf(python) }));
  return PYTHON_RELEASES.map((release) => {
    const line = `${release.split('.').slice(0, 2).join('.')}.`;
    const has = found.find(({ version }) => version.startsWith(line));
    return { release: has?.version ?? release, python: has?.python ?? null };
  });
}

/** Of the client that an interpreter has; '' for none. */
function versionOf(python: string): string {
  const { stdout } = spawnSync(python, ['-c', 'import openai; print(openai.__version__)']);
  return stdout?.toString().trim() ?? '';
}
