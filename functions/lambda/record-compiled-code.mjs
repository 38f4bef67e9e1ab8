/**
 * Rehearses a function: starts it and lets it answer typical requests. `node record-compiled-code.mjs FOLDER FUNCTION`, with
 * the version of Node that will run it, prints which chunks each rehearsal ran over each store; with `--write`, it writes beside
 * every pack that was read what V8 compiled of it meanwhile, so that functions that only run then are in it too.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compiledFileOf, loadBundle } from './load-bundle.mjs';
import { REHEARSALS } from './rehearsals.mjs';
import { startStubOfAws } from './stub-of-aws.mjs';

const [folder, name, write] = process.argv.slice(2);
const rehearsals = REHEARSALS[name];
if (folder === undefined || rehearsals === undefined) {
  throw new Error(`usage: record-compiled-code.mjs FOLDER ${Object.keys(REHEARSALS).join('|')} [--write]`);
}

/** What Lambda's runtime gives to handlers that stream. */
globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } };
// Collections of garbage must not throw away what ran once.
setFlagsFromString('--no-flush-bytecode');
const data = mkdtempSync(join(tmpdir(), 'preheat-rehearsal-'));
const aws = await startStubOfAws();
// Against a store without content: its client is compiled too.
const stores = { filesystem: { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: data }, aws: aws.environment };

/** @returns The chunks that ran by store and rehearsal, each from the start. */
async function chunksThatRan() {
  const ran = {};
  for (const [store, environment] of Object.entries(stores)) {
    ran[store] = {};
    for (const [part, rehearse] of Object.entries(rehearsals)) {
      const { exports, loaded } = loadBundle(folder);
      await rehearse(exports, environment);
      ran[store][part] = [...loaded.keys()];
    }
  }
  return ran;
}

async function writeCompiledCode() {
  const { exports, scripts } = loadBundle(folder);
  for (const environment of Object.values(stores)) {
    for (const rehearse of Object.values(rehearsals)) await rehearse(exports, environment);
  }
  // As it will be when the code is taken: V8 compares flags.
  setFlagsFromString('--flush-bytecode');
  for (const [pack, script] of scripts) writeFileSync(join(folder, compiledFileOf(pack)), script.createCachedData());
}

try {
  if (write === '--write') await writeCompiledCode();
  else writeFileSync(1, JSON.stringify(await chunksThatRan()));
} finally {
  rmSync(data, { recursive: true, force: true });
  aws.close();
}
process.exit(0);
