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
const rehearsals = REHEARSALS[name];
if (folder === undefined || rehearsals === undefined) {
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
const onDisk = { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: data };
const run = async (pack, rehearsal, store) => {
  const before = new Set(Object.values(ran).flat());
  await rehearsal(bundle, store);
  ran[pack] = [...loaded.keys()].filter((chunk) => !before.has(chunk));
};
try {
  const [first, second] = rehearsals;
  await run('start', first, onDisk);
  if (second) await run('rest', second, onDisk);
  // Against a store without content: its client is compiled too.
  for (const [at, rehearsal] of rehearsals.entries())
    await run(at === 0 ? 'aws' : 'aws-rest', rehearsal, aws.environment);
} finally {
  rmSync(data, { recursive: true, force: true });
  aws.close();
}
if (write === '--write') {
  // As it will be when the code is taken: V8 compares flags.
  setFlagsFromString('--flush-bytecode');
  for (const [pack, script] of scripts) writeFileSync(join(folder, compiledFileOf(pack)), script.createCachedData());
} else {
  const packs = Object.entries(ran).filter(([, chunks]) => chunks.length > 0);
  writeFileSync(1, JSON.stringify(Object.fromEntries(packs)));
}
process.exit(0);
