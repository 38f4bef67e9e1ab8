/**
 * The sandboxed process: starts Python on a thread and watches it. One line of JSON in, one out; the first line in holds
 * the source. Ends with its parent, and kills itself when the thread takes more memory than it may.
 */
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

const WATCH_EVERY_MS = 20;
const [limitBytes] = process.argv.slice(2).map(Number);
const own = process.memoryUsage.rss();

const python = new Worker(new URL('./python-thread.mjs', import.meta.url), {
  workerData: { memoryLimitBytes: limitBytes },
  env: {},
  stdin: false,
  resourceLimits: { maxOldGenerationSizeMb: 512, stackSizeMb: 4 },
});

function end(reply) {
  process.stdout.write(`${JSON.stringify(reply)}\n`, () => process.exit(0));
}

python.on('message', (line) => process.stdout.write(`${String(line)}\n`));
python.on('error', (error) => end({ fatal: `the interpreter stopped: ${String(error?.message).slice(0, 500)}` }));
python.on('exit', () => end({ fatal: 'the interpreter stopped' }));
setInterval(() => {
  if (process.memoryUsage.rss() - own > limitBytes) end({ memory: true });
}, WATCH_EVERY_MS);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => python.postMessage(line));
lines.on('close', () => process.exit(0));
