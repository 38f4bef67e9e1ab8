/**
 * CPython as WebAssembly (Pyodide) in a JavaScript realm of its own. Invariant: no object of Node ever enters the realm,
 * only strings do, and bytes copied into its own arrays. Python can reach every object of its realm through Pyodide, so
 * whatever is put there must be harmless: there is no `process`, `require`, `import()`, `fetch` or `eval` to find.
 */
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const PYODIDE = new URL(import.meta.resolve('pyodide'));
const BYTES_OF_PAGE = 65_536;
const fileOf = (name) => readFileSync(new URL(name, PYODIDE));

/** @returns {Promise<{call(name: 'load' | 'grade', text: string): string}>} Replies are JSON. */
export async function openRealm(memoryLimitBytes) {
  const realm = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: true } });
  const run = (code, filename) => new vm.Script(code, { filename }).runInContext(realm);
  run(readFileSync(new URL('./realm-globals.js', import.meta.url), 'utf8'), 'realm-globals.js');
  run(`limitMemory(${Math.floor(memoryLimitBytes / BYTES_OF_PAGE)})`, 'limit.js');
  for (const name of ['pyodide.asm.wasm', 'python_stdlib.zip']) copyIn(run, name, fileOf(name));
  run(asScript(fileOf('pyodide.asm.mjs'), /export default _createPyodideModule;?\s*$/, ''), 'pyodide.asm.js');
  const loader = asScript(fileOf('pyodide.mjs'), /export\{(\w+) as loadPyodide,.*$/s, 'var loadPyodide=$1;');
  run(loader, 'pyodide.js');
  const { info } = JSON.parse(fileOf('pyodide-lock.json').toString('utf8'));
  const driver = readFileSync(new URL('./grade_driver.py', import.meta.url), 'utf8');
  run(`start(${JSON.stringify(JSON.stringify({ info, packages: {} }))}, ${JSON.stringify(driver)})`, 'start.js');
  await booted(() => run('state', 'state.js'));
  return {
    call(name, text) {
      realm.input = text;
      const reply = run(`callDriver('${name}', input)`, 'call.js');
      return typeof reply === 'string' ? reply : '{"fatal":"the interpreter gave no text"}';
    },
  };
}

function copyIn(run, name, bytes) {
  const target = run(`files['${name}'] = new Uint8Array(${bytes.length})`, 'copy.js');
  Uint8Array.prototype.set.call(target, bytes);
}

/** Pyodide's files are modules; as scripts they need neither `import.meta` nor a loader that could import more. */
function asScript(bytes, end, replacement) {
  const text = bytes.toString('utf8').replaceAll('import.meta.url', '"/"');
  if (!end.test(text)) throw new Error('this version of pyodide ends its modules in another way');
  return text.replace(end, replacement);
}

/** The realm has no timers: its promises are settled by microtasks alone, while this thread waits on real ones. */
async function booted(state) {
  for (;;) {
    const now = state();
    if (now === 'ready') return;
    if (now !== 'starting') throw new Error(String(now));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
