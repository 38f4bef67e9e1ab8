/**
 * Python with the libraries we compare with (torch, transformers, trl, peft, tokenizers): the one that PREHEAT_PEER_PYTHON
 * names. Where there is none, parity tests skip, saying so in their titles.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test, type TestContext } from 'vitest';

// Empty counts as absent.
const python = process.env['PREHEAT_PEER_PYTHON'] || undefined;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** torch alone takes seconds to import beside other work. */
export const PEER_TIMEOUT_MS = 240_000;

/** `test`, or a skipped one that says why. */
export const peerTest = (title: string, run: (context: TestContext) => Promise<void>): void => {
  if (python === undefined) test.skip(`${title} (needs PREHEAT_PEER_PYTHON: a Python with the peer libraries)`);
  else test(title, { timeout: PEER_TIMEOUT_MS }, run);
};

/** Runs a script beside the tests and parses the JSON it prints last. @throws what the script wrote to standard error. */
export async function runPeer<T>(script: string, args: readonly string[] = []): Promise<T> {
  if (python === undefined) throw new Error('set PREHEAT_PEER_PYTHON');
  const path = fileURLToPath(new URL(script, import.meta.url));
  const environment = {
    ...process.env,
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_VERBOSITY: 'error',
    TRL_EXPERIMENTAL_SILENCE: '1',
    OMP_NUM_THREADS: '1',
  };
  const options = { env: environment, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout } = await promisify(execFile)(python, [path, ...args], options);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}
