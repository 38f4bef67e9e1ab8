/**
 * Shipped beside the bundle of a Lambda function. A cold start would spend most of its time compiling JavaScript; V8 takes
 * what it compiled when the bundle was built (record-compiled-code.mjs) instead. Compiled code of another version of V8
 * is refused, and the bundle then compiled as ever: that costs time, never correctness.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const BUNDLE_FILE = 'bundle.cjs';
export const COMPILED_FILE = 'bundle.compiled';

/**
 * Flags that Lambda starts Node with, by the memory of the function. V8 compares all flags before it takes compiled code, these
 * too, which change none of it: they are put back while it compares.
 */
const HEAP_FLAG = /^--(?:expose[-_]gc|max[-_](?:old|semi)[-_]space[-_]size=\d+)$/;

/**
 * @param {string} folder
 * @returns {{ exports: any, script: Script, compiledCode: 'taken' | 'refused' | 'absent' }}
 */
export function loadBundle(folder) {
  const file = join(folder, BUNDLE_FILE);
  // As `require` would wrap it; bundles are ASCII, and read fastest as Latin 1. V8 compares the length of the source alone.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`;
  const compiled = join(folder, COMPILED_FILE);
  const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
  const script = underDefaultHeapFlags(() => new Script(source, { filename: file, cachedData }));
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, folder);
  const compiledCode = cachedData === undefined ? 'absent' : script.cachedDataRejected ? 'refused' : 'taken';
  return { exports: module.exports, script, compiledCode };
}

function underDefaultHeapFlags(compile) {
  const flags = process.execArgv.filter((argument) => HEAP_FLAG.test(argument));
  for (const flag of flags) setFlagsFromString(defaultOf(flag));
  try {
    return compile();
  } finally {
    for (const flag of flags) setFlagsFromString(flag);
  }
}

const defaultOf = (flag) => (flag.includes('=') ? flag.replace(/=\d+$/, '=0') : flag.replace(/^--/, '--no-'));
