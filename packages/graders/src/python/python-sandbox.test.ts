/** Real processes, real time limits: what is tested is the operating system's part as much as ours. */
import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@preheat/ports';
import { afterAll, describe, expect, it } from 'vitest';
import { PythonSandbox } from './python-sandbox.js';

const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal, ref: false } : { ref: false }),
};
const { signal } = new AbortController();
const MIB = 1024 ** 2;
const sandbox = new PythonSandbox({ clock, maxProcesses: 1, timeoutMs: 2_000, memoryLimitBytes: 700 * MIB });
afterAll(() => sandbox.close());

const grader = (body: string) => `def grade(sample, item):\n${body.replace(/^/gm, '    ')}\n`;
/** One source for all bodies, so that one process serves them as long as it lives. */
const source = grader('scope = {}\nexec(item["body"], scope)\nreturn scope["grade"](sample, item)');
/** Runs the body of a `grade` function. */
const run = (body: string, item: Record<string, unknown> = {}) =>
  sandbox.grade({ source, sample: { output_text: 'answer' }, item: { ...item, body: grader(body) } }, signal);

describe('a grade function', () => {
  it('reads sample and item and returns a score', async () => {
    const body = 'return len(sample["output_text"]) / item["whole"]';
    expect(await run(body, { whole: 12 })).toEqual({ ok: true, value: 0.5 });
  });

  it('has the standard library, and nothing of one sample is left for the next', async () => {
    const counting = `import re, json, difflib, statistics\ncount = 0\n${grader('global count\ncount += 1\nreturn count')}`;
    const count = () => sandbox.grade({ source: counting, sample: {}, item: {} }, signal);
    expect([await count(), await count()]).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 1 },
    ]);
  });

  it('draws the same random numbers in every process', async () => {
    const body = 'import random\nreturn random.random()';
    const draw = () => sandbox.grade({ source: grader(body), sample: {}, item: {} }, signal);
    const first = await draw();
    await run('return 0'); // takes the only process
    expect(await draw()).toEqual(first);
  });

  it.each([
    'import random\nreturn random.random()',
    'import os\nreturn os.urandom(1)[0]',
    'import secrets\nreturn secrets.randbelow(1000)',
  ])('draws the same random numbers for every sample of one process: %s', async (body) => {
    const [first, second] = [await run(body), await run(body)];
    expect(first.ok).toBe(true);
    expect(second).toEqual(first);
  });

  it.each([
    ['raise ValueError("no such word")', 'ValueError: no such word (line 4)'],
    ['return "0.5"', 'TypeError: grade must return a number, not str'],
    ['return None', 'not NoneType'],
    ['return float("nan")', 'ValueError: grade must return a finite number'],
    ['return item["reference"]', "KeyError: 'reference'"],
    ['import numpy', "No module named 'numpy'"],
    ['import sys\nsys.exit(0)', 'SystemExit: 0'],
  ])('that fails is flagged: %s', async (body, message) => {
    const flag = 'python_grader_runtime_error';
    expect(await run(body)).toMatchObject({ ok: false, flag, message: expect.stringContaining(message) as string });
  });

  it('is checked before any sample exists', async () => {
    expect(await sandbox.check(grader('return 1'), signal)).toBeNull();
    expect(await sandbox.check('def grade(sample, item:', signal)).toContain('SyntaxError');
    expect(await sandbox.check('score = 1', signal)).toContain('must define grade(sample, item)');
  });
});

describe('a module that is not there', () => {
  it.each([
    ['at the top', `import numpy as np\n${grader('return 1')}`, 1],
    [
      'in the function, where only a sample would meet it',
      grader('from numpy.linalg import norm\nreturn norm([1])'),
      2,
    ],
    ['where another failure is caught', grader('try:\n    import numpy\nexcept ValueError:\n    pass\nreturn 1'), 3],
  ])('is named before any sample exists: %s', async (_where, body, line) => {
    const problem = await sandbox.check(body, signal);
    expect(problem).toContain(`No module named 'numpy' (line ${line})`);
    expect(problem).toContain('standard library');
  });

  it.each([
    ['does without it', 'try:\n    import numpy\nexcept ImportError:\n    numpy = None\nreturn 1'],
    ['suppresses that', 'import contextlib\nwith contextlib.suppress(ImportError):\n    import numpy\nreturn 1'],
    ['catches it in a group', 'try:\n    import numpy\nexcept* ImportError:\n    pass\nreturn 1'],
    ['asks before', "import importlib.util\nif importlib.util.find_spec('numpy'):\n    import numpy\nreturn 1"],
    ['is a long expression', `return ${'0 + '.repeat(1_500)}1`],
    ['has it', 'import os.path, xml.etree.ElementTree\nfrom collections import abc\nreturn 1'],
  ])('is no problem of a source that %s', async (_what, body) => {
    expect(await sandbox.check(grader(body), signal)).toBeNull();
  });
});

describe('waiting for a process', () => {
  it('ends with the signal, and the next in line still gets its turn', async () => {
    const impatient = new AbortController();
    const slow = run('import time\nend = time.monotonic() + 0.5\nwhile time.monotonic() < end: pass\nreturn 1');
    const givenUp = sandbox.grade({ source, sample: {}, item: { body: grader('return 2') } }, impatient.signal);
    const patient = run('return 3');
    impatient.abort(new Error('no longer wanted'));
    await expect(givenUp).rejects.toThrow('no longer wanted');
    expect([await slow, await patient]).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 3 },
    ]);
  });

  it('is over when the sandbox is closed', async () => {
    const closing = new PythonSandbox({ clock, maxProcesses: 1 });
    closing.close();
    await expect(closing.check(grader('return 1'), signal)).rejects.toThrow('closed');
  });
});

describe('escapes', () => {
  const secret = join(mkdtempSync(join(tmpdir(), 'sandbox-')), 'secret');
  writeFileSync(secret, 'secret');

  it('an infinite loop is killed, and the next sample has a fresh process', async () => {
    const looping = await run('while True: pass');
    expect(looping).toMatchObject({ ok: false, flag: 'python_grader_runtime_error', isUnresponsive: true });
    expect(await run('return 1')).toEqual({ ok: true, value: 1 });
  });

  it('a loop that catches everything is killed too', async () => {
    const body = 'while True:\n    try:\n        while True: pass\n    except BaseException: pass';
    expect(await run(body)).toMatchObject({ ok: false, isUnresponsive: true });
  });

  it.each([
    ['one huge allocation', 'return len(bytearray(1 << 30))'],
    ['many allocations', 'parts = []\nwhile True: parts.append(bytearray(b"x" * (16 << 20)))'],
    [
      'a file that fills the disk',
      'with open("/tmp/full", "wb") as file:\n    while True: file.write(b"x" * (16 << 20))',
    ],
    [
      'JavaScript buffers',
      'import pyodide_js\nbuffer = pyodide_js._module.HEAPU8.slice().buffer\nheld = []\nwhile True: held.append(buffer.slice(0))',
    ],
  ])('memory: %s', async (_name, body) => {
    const result = await run(body);
    expect(result).toMatchObject({ ok: false });
    expect(await run('return 1')).toEqual({ ok: true, value: 1 });
  });

  it.each([
    ['a fork bomb', 'import os\nwhile True: os.fork()'],
    ['a subprocess', 'import subprocess\nsubprocess.run(["id"])\nreturn 1'],
    ['a shell', 'import os\nreturn 1 if os.system("id") == 0 else int("no shell")'],
    ['threads', 'import threading\nthreading.Thread(target=print).start()\nreturn 1'],
    ['reading a file outside', `return len(open(${JSON.stringify(secret)}).read())`],
    ['reading the environment of the process', 'return len(open("/proc/self/environ").read())'],
    [
      'a symbolic link to outside',
      `import os\nos.symlink(${JSON.stringify(secret)}, "/tmp/link")\nreturn len(open("/tmp/link").read())`,
    ],
    [
      'a mount of the host',
      `import pyodide_js\nfs = pyodide_js.FS\nfs.mkdirTree("/host")\nfs.mount(fs.filesystems.NODEFS, {"root": "/"}, "/host")\nreturn len(open("/host${secret}").read())`,
    ],
    [
      'process through a constructor',
      'import pyodide_js\nreturn pyodide_js.FS.mount.constructor("return process.pid")()',
    ],
    ['require', 'import pyodide_js\nreturn pyodide_js.constructor.constructor("return require")()'],
    ['eval of JavaScript', 'from pyodide.code import run_js\nreturn run_js("1")'],
    ['fetch', 'from pyodide.http import open_url\nopen_url("http://127.0.0.1/")\nreturn 1'],
    [
      'loading a package from the network',
      'import pyodide_js\npyodide_js.loadPackage("numpy")\nimport numpy\nreturn 1',
    ],
  ])('%s', async (_name, body) => {
    const result = await run(body);
    expect(result).toMatchObject({ ok: false, flag: 'python_grader_runtime_error' });
    expect(result).not.toHaveProperty('isUnresponsive');
  });

  it('finds no object of Node anywhere in its realm', async () => {
    const body = [
      'import pyodide_js',
      'root = pyodide_js.constructor.constructor.prototype.constructor',
      'names = ["process", "require", "fetch", "module", "Buffer", "WebSocket", "XMLHttpRequest", "navigator", "Deno", "importScripts"]',
      'import gc, pyodide.ffi',
      'proxies = [o for o in gc.get_objects() if isinstance(o, pyodide.ffi.JsProxy)]',
      'return sum(1 for p in proxies + [root, pyodide_js, pyodide_js._module, pyodide_js._api] for n in names if hasattr(p, n))',
    ].join('\n');
    expect(await run(body)).toEqual({ ok: true, value: 0 });
  });

  it('a socket reaches nobody', async () => {
    let connections = 0;
    const server = createServer(() => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const body = `import socket\nsocket.create_connection(("127.0.0.1", ${port}), timeout=2).sendall(b"x")\nreturn 1`;
    const result = await run(body);
    await wait(50);
    server.close();
    expect(connections).toBe(0);
    expect(result).toMatchObject({ ok: false });
  });

  it('what is written stays inside', async () => {
    const name = `${secret}-written`;
    await run(`import os\nos.makedirs(${JSON.stringify(name)}, exist_ok=True)\nreturn 1`);
    expect(existsSync(name)).toBe(false);
    symlinkSync(secret, `${secret}-link`);
    expect(await run(`return len(open(${JSON.stringify(`${secret}-link`)}).read())`)).toMatchObject({ ok: false });
  });

  it.each([
    ['os._exit', 'import os\nos._exit(3)'],
    ['os.abort', 'import os\nos.abort()'],
    ['a null pointer', 'import ctypes\nctypes.string_at(0xffffff00, 4096)\nreturn 1'],
    ['recursion in C', 'import json\nx = []\nfor _ in range(2000000): x = [x]\nreturn len(json.dumps(x))'],
  ])('%s ends the interpreter at most', async (_name, body) => {
    expect(await run(body)).toMatchObject({ ok: false });
    expect(await run('return 1')).toEqual({ ok: true, value: 1 });
  });
});
