/**
 * Writes beside a bundle what V8 compiled of it while it started and answered typical requests, so that functions that only
 * run then are in it too. `node record-compiled-code.mjs FOLDER REHEARSAL`, with the version of Node that will run it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { COMPILED_FILE, loadBundle } from './load-bundle.mjs';
import { REHEARSALS } from './rehearsals.mjs';
import { startStubOfAws } from './stub-of-aws.mjs';

const [folder, name] = process.argv.slice(2);
const rehearse = REHEARSALS[name];
if (folder === undefined || rehearse === undefined) {
  throw new Error(`usage: record-compiled-code.mjs FOLDER ${Object.keys(REHEARSALS).join('|')}`);
}

/** What Lambda's runtime gives to handlers that stream. */
globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } };
// Collections of garbage must not throw away what ran once.
setFlagsFromString('--no-flush-bytecode');
const { exports: bundle, script } = loadBundle(folder);
const data = mkdtempSync(join(tmpdir(), 'preheat-rehearsal-'));
const aws = await startStubOfAws();
try {
  await rehearse(bundle, { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: data });
  // Against a store without content: its client is compiled too.
  await rehearse(bundle, aws.environment);
} finally {
  rmSync(data, { recursive: true, force: true });
  aws.close();
}
// As it will be when the code is taken: V8 compares flags.
setFlagsFromString('--flush-bytecode');
writeFileSync(join(folder, COMPILED_FILE), script.createCachedData());
process.exit(0);
