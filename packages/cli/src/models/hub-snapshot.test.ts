import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMIT, type HubFile, type HubServer, type Misbehaviour, startHub } from '../test-kit/hub-server.js';
import { hubSnapshot } from './hub-snapshot.js';

const LARGE = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const FILES: Record<string, HubFile> = {
  'config.json': { content: Buffer.from('{"a":1}') },
  'model.safetensors': { content: LARGE, isLarge: true },
  'pytorch_model.bin': { content: Buffer.from('pickled'), isLarge: true },
  'README.md': { content: Buffer.from('# tiny') },
};

let cacheDir: string;
let hub: HubServer;
let sleeps: number[];
let busy: number[];
let progress: [number, number][];
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'preheat-hub-'));
  sleeps = [];
  busy = [];
  progress = [];
});
afterEach(async () => {
  await hub.stop();
  rmSync(cacheDir, { recursive: true });
});

const snapshot = (change: { token?: string; repo?: string; revision?: string } = {}) =>
  hubSnapshot({
    repo: 'acme/tiny',
    revision: 'main',
    endpoint: `${hub.endpoint}/`,
    token: undefined,
    cacheDir,
    signal: new AbortController().signal,
    sleep: async (durationMs) => void sleeps.push(durationMs),
    onBusy: (waitMs) => void busy.push(waitMs),
    onProgress: (bytes, total) => void progress.push([bytes, total]),
    ...change,
  });
const start = async (wrong: Record<string, Misbehaviour> = {}, files = FILES, token?: string) => {
  hub = await startHub(files, wrong, token);
};
/** Requests for content, without those that only ask how large it is. */
const contents = (path: string) => hub.downloads.filter((one) => one.path === path && one.range !== 'bytes=0-0');

describe('hubSnapshot', () => {
  it('downloads what a model needs, once, into the layout of huggingface_hub', async () => {
    await start();
    const { commit, files } = await snapshot({ revision: 'v1' });
    expect(commit).toBe(COMMIT);
    expect(files.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['config.json', 7],
      ['model.safetensors', LARGE.length],
    ]);
    const path = join(cacheDir, 'models--acme--tiny', 'snapshots', COMMIT, 'model.safetensors');
    expect(files[1]?.path).toBe(path);
    expect(readFileSync(path).equals(LARGE)).toBe(true);
    expect(progress.at(-1)).toEqual([7 + LARGE.length, 7 + LARGE.length]);
    const before = hub.downloads.length;
    await snapshot();
    expect(hub.downloads.length).toBe(before);
  });

  it('goes on after a cut connection', async () => {
    await start({ 'model.safetensors': { cutAfterBytes: 100_000 } });
    const { files } = await snapshot();
    expect(readFileSync(files[1]?.path as string).equals(LARGE)).toBe(true);
    expect(contents('model.safetensors')).toHaveLength(2);
    expect(sleeps).toEqual([500]);
  });

  it('waits where the hub has too many requests', async () => {
    await start({ 'config.json': { tooManyTimes: 2 } });
    expect((await snapshot()).files).toHaveLength(2);
    expect(sleeps).toEqual([500, 1000]);
    expect(busy).toEqual([500, 1000]);
  });

  it.each([{ 'retry-after': '55' }, { ratelimit: '"resolvers";r=0;t=55', 'ratelimit-policy': '"fixed";q=5;w=300' }])(
    'waits for as long as the hub says: %o',
    async (tooManyHeaders) => {
      await start({ 'model.safetensors': { tooManyTimes: 3, tooManyHeaders } });
      expect((await snapshot()).files).toHaveLength(2);
      expect(sleeps).toEqual([55_000, 55_000, 55_000]);
      expect(busy).toEqual(sleeps);
    },
  );

  it('waits no more than five minutes for a hub that stays busy, and says when to come again', async () => {
    await start({ 'config.json': { tooManyTimes: 9, tooManyHeaders: { 'retry-after': '120' } } });
    await expect(snapshot()).rejects.toThrow(/downloading config\.json: Too many requests[\s\S]*try again in 2m 00s/);
    expect(sleeps).toEqual([120_000, 120_000]);
  });

  it('goes on where an earlier run stopped', async () => {
    await start();
    const blobs = join(cacheDir, 'models--acme--tiny', 'blobs');
    mkdirSync(blobs, { recursive: true });
    const sha256 = createHash('sha256').update(LARGE).digest('hex');
    writeFileSync(join(blobs, `${sha256}.incomplete`), LARGE.subarray(0, 100_000));
    const { files } = await snapshot();
    expect(readFileSync(files[1]?.path as string).equals(LARGE)).toBe(true);
    expect(contents('model.safetensors').map(({ range }) => range)).toEqual([`bytes=100000-${LARGE.length - 1}`]);
  });

  it('downloads a damaged file of the cache again', async () => {
    await start();
    const { files } = await snapshot();
    truncateSync(files[1]?.path as string, 5);
    const again = await snapshot();
    expect(readFileSync(again.files[1]?.path as string).equals(LARGE)).toBe(true);
  });

  it('starts a corrupted file over, once, and never hands one out', async () => {
    await start({ 'model.safetensors': { corruptTimes: 1 } });
    const { files } = await snapshot();
    expect(readFileSync(files[1]?.path as string).equals(LARGE)).toBe(true);
    expect(contents('model.safetensors')).toHaveLength(2);
  });

  it('gives up on a file that stays corrupted, and leaves nothing of it', async () => {
    await start({ 'config.json': { corruptTimes: 9 } });
    await expect(snapshot()).rejects.toThrow(
      /config\.json arrived twice with the hash [0-9a-f]{40}, the hub says [0-9a-f]{40}/,
    );
    expect(existsSync(join(cacheDir, 'models--acme--tiny', 'snapshots'))).toBe(false);
  });

  it('takes nothing for a hash that would lead out of the cache', async () => {
    await start({ 'config.json': { hash: '../../../config' } });
    await expect(snapshot()).rejects.toThrow('"../../../config", which is told for config.json, is no hash');
    expect(hub.downloads).toEqual([]);
  });

  it('takes the shards of an index and no other weights', async () => {
    const index = { weight_map: { a: 'model-00001-of-00001.safetensors' } };
    const content = Buffer.from('x');
    await start(
      {},
      {
        'config.json': { content },
        'model.safetensors.index.json': { content: Buffer.from(JSON.stringify(index)) },
        'model-00001-of-00001.safetensors': { content },
        'consolidated.safetensors': { content },
        'onnx/model.onnx': { content },
      },
    );
    const names = (await snapshot()).files.map(({ name }) => name);
    expect(names).toEqual(['config.json', 'model.safetensors.index.json', 'model-00001-of-00001.safetensors']);
  });

  it('sends the token, and says what to do without one', async () => {
    await start({}, FILES, 'hf_secret');
    await expect(snapshot()).rejects.toThrow(/acme\/tiny at http.*: reading the repository: [\s\S]*needs HF_TOKEN/);
    expect((await snapshot({ token: 'hf_secret' })).files).toHaveLength(2);
    await expect(snapshot({ token: 'hf_secret', repo: 'acme/none' })).rejects.toThrow('Is the name right?');
  });

  it('says that nobody answers', async () => {
    await start();
    await hub.stop();
    await expect(snapshot()).rejects.toThrow(/reading the repository: fetch failed: connect ECONNREFUSED/);
    expect(sleeps).toEqual([500, 1000, 2000, 4000]);
    await start();
  });
});
