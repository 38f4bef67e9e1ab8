/**
 * Runs inside the realm, before Pyodide: what Pyodide expects of a JavaScript shell (V8's d8), made of the language alone.
 * Randomness is counted from a constant, so that a grader gives the same score to the same sample in every process.
 */
/* eslint no-var: off -- only `var` makes a property of the global object, where Pyodide looks */
/* exported limitMemory, start, callDriver, state, read, load, readbuffer, os, print, printErr, setTimeout, clearTimeout */
/* exported TextDecoder, performance */
var files = Object.create(null);
var state = 'starting';
var python;

var print = () => {};
var printErr = () => {};
var console = { log: print, info: print, debug: print, warn: print, error: print };
var performance = { now: () => Date.now() };
var setTimeout = (callback) => {
  Promise.resolve().then(() => callback());
  return 0;
};
var clearTimeout = () => {};

var read = (path) => {
  throw new Error(`no file ${path}`);
};
var load = read;
var readbuffer = (path) => files[String(path).split('/').pop()] ?? read(path);

/** Pyodide asks a shell for random bytes by `head -c<n> /dev/urandom | base64`; this answers that and nothing else. */
var os = {
  counter: 1,
  system(_program, [, command]) {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const count = Number(/^head -c([0-9]+) /.exec(command)?.[1] ?? 0);
    let text = '';
    while (text.length < Math.ceil((count * 4) / 3)) {
      os.counter = (Math.imul(os.counter, 1103515245) + 12345) | 0;
      text += letters[(os.counter >>> 16) & 63];
    }
    return text + '='.repeat((3 - (count % 3)) % 3);
  },
};

/** UTF-8 and UTF-16, as Pyodide reads strings out of its memory. */
var TextDecoder = class {
  constructor(encoding = 'utf-8') {
    this.isWide = /^utf-?16/i.test(encoding);
  }
  decode(bytes = new Uint8Array()) {
    const view = new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength);
    const units = this.isWide
      ? Array.from({ length: view.length >> 1 }, (_, i) => view[2 * i] | (view[2 * i + 1] << 8))
      : utf16(view);
    let text = '';
    for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.slice(i, i + 4096));
    return text;
  }
};

function utf16(bytes) {
  const units = [];
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++];
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let code = more === 0 ? first : first & (0x3f >> more);
    for (let k = 0; k < more; k++) code = (code << 6) | (bytes[i++] & 0x3f);
    if (code < 0x10000) units.push(code);
    else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
  }
  return units;
}

/** A memory never grows beyond so many pages of 64 KiB; Python then raises MemoryError. */
function limitMemory(pages) {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (more) {
    if (this.buffer.byteLength / 65536 + more > pages) throw new RangeError('memory limit');
    return grow.call(this, more);
  };
}

function start(lockFile, driver) {
  const options = {
    indexURL: '/',
    packageBaseUrl: '/',
    lockFileContents: JSON.parse(lockFile),
    createPyodideModule: _createPyodideModule,
    jsglobals: Object.create(null),
    env: { HOME: '/home', PYTHONHASHSEED: '0' },
    stdout: print,
    stderr: print,
  };
  loadPyodide(options).then(
    (opened) => {
      python = opened;
      python.runPython(driver);
      files = Object.create(null);
      state = 'ready';
    },
    (error) => {
      state = `Python did not start: ${error?.message}`;
    },
  );
}

/** Calls a function of the driver with a string; each call finds the same randomness. Whatever happens, the answer is a string. */
function callDriver(name, text) {
  os.counter = 1;
  try {
    return String(python.globals.get(name)(text));
  } catch (error) {
    return JSON.stringify({ fatal: `the interpreter stopped: ${String(error?.message).slice(-500)}` });
  }
}
