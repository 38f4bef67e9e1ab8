/**
 * Rehearses a function: starts it and lets it answer typical requests. `node record-compiled-code.mjs FOLDER REHEARSAL`, with
 * the version of Node that will run it, prints which chunks ran over each store; with `--write`, it writes beside every pack that
 * was read what V8 compiled of it meanwhile, so that functions that only run then are in it too.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compiledFileOf, loadBundle } from './load-bundle.mjs';
import { REHEARSALS } from './rehearsals.mjs';
import { startStubOfAws } from './stub-of-aws.mjs';

const [folder, name, write] = process.argv.slice(2);
const rehearse = REHEARSALS[name];
if (folder === undefined || rehearse === undefined) {
  throw new Error(`usage: record-compiled-code.mjs FOLDER ${Object.keys(REHEARSALS).join('|')} [--write]`);
}

/** What Lambda's runtime gives to handlers that stream. */
globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } };
// Collections of garbage must not throw away what ran once.
setFlagsFromString('--no-flush-bytecode');
const { exports: bundle, scripts, loaded } = loadBundle(folder);
const data = mkdtempSync(join(tmpdir(), 'preheat-rehearsal-'));
const aws = await startStubOfAws();
const ran = {};
try {
  await rehearse(bundle, { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: data });
  ran.start = [...loaded.keys()];
  // Against a store without content: its client is compiled too.
  await rehearse(bundle, aws.environment);
  ran.aws = [...loaded.keys()].filter((chunk) => !ran.start.includes(chunk));
} finally {
  rmSync(data, { recursive: true, force: true });
  aws.close();
}
if (write === '--write') {
  // As it will be when the code is taken: V8 compares flags.
  setFlagsFromString('--flush-bytecode');
  for (const [pack, script] of scripts) writeFileSync(join(folder, compiledFileOf(pack)), script.createCachedData());
} else writeFileSync(1, JSON.stringify(ran));
process.exit(0);
