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

/** Which chunk the function starts with, and in which file each of its chunks is (write-packs.mjs). */
export const INDEX_FILE = 'bundle.json';
/** What V8 compiled of a pack. */
export const compiledFileOf = (pack) => pack.replace(/\.cjs$/, '.compiled');

/**
 * Flags that Lambda starts Node with, by the memory of the function. V8 compares all flags before it takes compiled code, these
 * too, which change none of it: they are put back while it compares.
 */
const HEAP_FLAG = /^--(?:expose[-_]gc|max[-_](?:old|semi)[-_]space[-_]size=\d+)$/;

/**
 * @param {string} folder
 * @returns {{ exports: any, scripts: Map<string, Script>, loaded: ReadonlyMap<string, object>, compiledCode(): 'taken' | 'refused' | 'absent' }}
 *   Packs that were read so far, chunks that ran so far, and what became of the compiled code.
 */
export function loadBundle(folder) {
  const { entry, packOf } = JSON.parse(readFileSync(join(folder, INDEX_FILE), 'utf8'));
  const scripts = new Map();
  const outcomes = new Set();
  const members = {};
  const modules = new Map();
  const file = join(folder, 'bundle.cjs');
  const requireBeside = createRequire(file);

  const readPack = (pack) => {
    const { script, outcome } = compilePack(folder, pack);
    scripts.set(pack, script);
    outcomes.add(outcome);
    Object.assign(members, script.runInThisContext());
  };
  const requireChunk = (name) => {
    const known = modules.get(name);
    if (known) return known.exports;
    if (!(name in members)) readPack(packOf[name]);
    const module = { exports: {} };
    modules.set(name, module);
    try {
      members[name](module.exports, requireFrom, module, file, folder);
    } catch (error) {
      // As `require` does: whoever asks again gets the error again, and no half of a module.
      modules.delete(name);
      throw error;
    }
    return module.exports;
  };
  const requireFrom = Object.assign((id) => {
    const name = id.startsWith('./') ? id.slice(2) : undefined;
    return name !== undefined && name in packOf ? requireChunk(name) : requireBeside(id);
  }, requireBeside);

  const compiledCode = () => ['refused', 'absent'].find((outcome) => outcomes.has(outcome)) ?? 'taken';
  const exports = requireChunk(entry);
  return { exports, scripts, loaded: modules, compiledCode };
}

function compilePack(folder, pack) {
  // Packs are ASCII, and read fastest as Latin 1. V8 compares the length of the source alone.
  const source = readFileSync(join(folder, pack), 'latin1');
  const compiled = join(folder, compiledFileOf(pack));
  const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
  // The compiled code says in stack traces where it was made: its folder is another by then.
  const script = underDefaultHeapFlags(() => new Script(source, { filename: pack, cachedData }));
  const outcome = cachedData === undefined ? 'absent' : script.cachedDataRejected ? 'refused' : 'taken';
  return { script, outcome };
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
