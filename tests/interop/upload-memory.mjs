// Peak memory of the server while one file comes in parts of 64 MiB: `npm run interop:upload-memory -- 2048` (MiB).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import OpenAI, { toFile } from 'openai-7';

const MIB = 1024 * 1024;
const PART_MIB = 64;
const KEY = 'sk-upload-memory';
const totalMib = Number(process.argv[2] ?? 2048);
const root = fileURLToPath(new URL('../..', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'preheat-upload-'));
const server = spawn(
  process.execPath,
  ['--conditions=source', '--import', 'tsx', join(root, 'functions/src/main.ts')],
  {
    env: {
      PATH: process.env.PATH,
      PREHEAT_STORE: 'filesystem',
      PREHEAT_DATA_DIR: dataDir,
      PREHEAT_PORT: '0',
      PREHEAT_API_KEY_HASHES: `${createHash('sha256').update(KEY).digest('hex')}:proj-upload`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
/** Linux only: the kernel's own high-water mark, in MiB. */
const peakMib = () =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024);

try {
  const url = await new Promise((resolve) => {
    createInterface({ input: server.stdout }).on('line', (line) => {
      const record = line.startsWith('{') ? JSON.parse(line) : {};
      if (record.message === 'listening') resolve(record.url);
    });
  });
  const client = new OpenAI({ apiKey: KEY, baseURL: `${url}/v1` });
  await client.models.list();
  const before = peakMib();
  const bytes = totalMib * MIB;
  const upload = await client.uploads.create({ bytes, filename: 'big.bin', mime_type: 'x/y', purpose: 'user_data' });
  const data = await toFile(Buffer.alloc(PART_MIB * MIB, 7), 'part');
  const ids = [];
  for (let sent = 0; sent < totalMib; sent += PART_MIB) {
    ids.push((await client.uploads.parts.create(upload.id, { data })).id);
  }
  const parts = peakMib();
  const { status, file } = await client.uploads.complete(upload.id, { part_ids: ids });
  console.log({ status, bytes: file?.bytes, peakRssMib: { before, parts, completed: peakMib() } });
} finally {
  server.kill();
  rmSync(dataDir, { recursive: true, force: true });
}
