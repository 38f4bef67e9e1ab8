import { MemoryObjectStore } from '@preheat/adapters/memory';
import { type ObjectStore, type PutResult, UnknownOutcomeError, VirtualClock } from '@preheat/ports';
import { beforeEach, describe, expect, it } from 'vitest';
import { openBundle } from './open-bundle.js';
import { MANIFEST_NAME, MAX_PARALLEL_BLOB_WRITES, MAX_WRITE_ATTEMPTS, publishBundle } from './publish-bundle.js';

const PREFIX = 'jobs/j1/attempts/1/step-10';
const bytes = (text: string) => new TextEncoder().encode(text);
const BLOBS = new Map([
  ['model.safetensors', bytes('weights')],
  ['config.json', bytes('{}')],
  ['onnx/model.onnx', bytes('graph')],
]);

let store: MemoryObjectStore;

beforeEach(() => {
  store = new MemoryObjectStore({ clock: new VirtualClock() });
});

/** The same store, with another way of writing. */
function withPut(put: (...args: Parameters<ObjectStore['put']>) => Promise<PutResult>): ObjectStore {
  const changed: ObjectStore = Object.create(store, { put: { value: put } });
  changed.get = (...args) => store.get(...args);
  return changed;
}

describe('publishBundle', () => {
  it('can be opened and read blob by blob', async () => {
    const manifest = await publishBundle(store, PREFIX, BLOBS);
    const bundle = await openBundle(store, PREFIX);
    expect(bundle.manifest).toEqual(manifest);
    expect(bundle.names).toEqual(['config.json', 'model.safetensors', 'onnx/model.onnx']);
    expect(await bundle.read('model.safetensors')).toEqual(bytes('weights'));
    expect(bundle.has('optimizer.safetensors')).toBe(false);
    await expect(bundle.read('optimizer.safetensors')).rejects.toMatchObject({
      reason: 'missing',
      message: `bundle ${PREFIX} has no optimizer.safetensors; it has config.json, model.safetensors, onnx/model.onnx`,
    });
  });

  it('writes the manifest after every blob, and never more blobs at once than its bound', async () => {
    const many = new Map(Array.from({ length: 9 }, (_, index) => [`blob-${index}`, bytes(String(index))]));
    const finished: string[] = [];
    let underWay = 0;
    let most = 0;
    const watched = withPut(async (key, body, options) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      const result = await store.put(key, body, options);
      underWay -= 1;
      finished.push(key);
      return result;
    });
    await publishBundle(watched, PREFIX, many);
    expect(finished).toHaveLength(10);
    expect(finished.at(-1)).toBe(`${PREFIX}/${MANIFEST_NAME}`);
    expect(most).toBe(MAX_PARALLEL_BLOB_WRITES);
  });

  it('leaves no manifest when a blob cannot be written', async () => {
    const failing = withPut((key, body, options) => {
      if (key.endsWith('config.json')) return Promise.reject(new Error('disk full'));
      return store.put(key, body, options);
    });
    await expect(publishBundle(failing, PREFIX, BLOBS)).rejects.toThrow('disk full');
    await expect(openBundle(store, PREFIX)).rejects.toMatchObject({ reason: 'incomplete' });
    await publishBundle(store, PREFIX, BLOBS);
    expect((await openBundle(store, PREFIX)).names).toHaveLength(BLOBS.size);
  });

  it('succeeds when publishing the same again, and refuses to overwrite anything else', async () => {
    await publishBundle(store, PREFIX, BLOBS);
    await publishBundle(store, PREFIX, new Map([...BLOBS].reverse()));
    const other = new Map(BLOBS).set('config.json', bytes('{"a":1}'));
    await expect(publishBundle(store, PREFIX, other)).rejects.toMatchObject({
      reason: 'occupied',
      message: `${PREFIX}/config.json exists with other content; bundles are never overwritten`,
    });
    const grown = new Map(BLOBS).set('more.json', bytes('{}'));
    await expect(publishBundle(store, PREFIX, grown)).rejects.toThrow(`${PREFIX}/manifest.json exists`);
    expect(await (await openBundle(store, PREFIX)).read('config.json')).toEqual(bytes('{}'));
  });

  it('resolves an unknown outcome by reading back, whether the write happened or not', async () => {
    let calls = 0;
    const flaky = withPut(async (key, body, options) => {
      calls += 1;
      if (calls === 1) throw new UnknownOutcomeError(key);
      if (calls === 2) {
        await store.put(key, body, options);
        throw new UnknownOutcomeError(key);
      }
      if (calls === 3) return { ok: false, reason: 'conflict' };
      return store.put(key, body, options);
    });
    await publishBundle(flaky, PREFIX, BLOBS);
    const bundle = await openBundle(store, PREFIX);
    expect(await bundle.read('model.safetensors')).toEqual(bytes('weights'));
    expect(await bundle.read('config.json')).toEqual(bytes('{}'));
  });

  it('gives up after a bounded number of conflicts', async () => {
    let calls = 0;
    const busy = withPut(async () => {
      calls += 1;
      return { ok: false, reason: 'conflict' };
    });
    const one = new Map([['config.json', bytes('{}')]]);
    await expect(publishBundle(busy, PREFIX, one)).rejects.toMatchObject({ reason: 'unavailable' });
    expect(calls).toBe(MAX_WRITE_ATTEMPTS);
  });

  it.each([MANIFEST_NAME, '/a', 'a/', 'a//b', 'a/../b', '../up', '', '.hidden'])(
    'refuses the blob name %j',
    async (name) => {
      const blobs = new Map([[name, bytes('')]]);
      await expect(publishBundle(store, PREFIX, blobs)).rejects.toMatchObject({ reason: 'invalid-name' });
      expect((await store.list('')).entries).toEqual([]);
    },
  );
});

describe('openBundle', () => {
  const overwrite = (name: string, body: Uint8Array) => store.put(`${PREFIX}/${name}`, body);

  it('names the blob whose bytes changed, were cut off, or disappeared', async () => {
    await publishBundle(store, PREFIX, BLOBS);
    const bundle = await openBundle(store, PREFIX);
    await overwrite('model.safetensors', bytes('weighty'));
    await expect(bundle.read('model.safetensors')).rejects.toMatchObject({
      reason: 'corrupt',
      message: expect.stringMatching(/model\.safetensors has SHA-256 [0-9a-f]{64}, its manifest says/),
    });
    await overwrite('model.safetensors', bytes('weight'));
    await expect(bundle.read('model.safetensors')).rejects.toThrow(
      'model.safetensors has 6 bytes, its manifest says 7',
    );
    await store.delete(`${PREFIX}/model.safetensors`);
    await expect(bundle.read('model.safetensors')).rejects.toThrow('is in the manifest but not in the store');
    expect(await bundle.read('config.json')).toEqual(bytes('{}'));
  });

  it.each(['{', '{"schemaVersion":2,"blobs":[]}', '[]'])('refuses the manifest %s', async (text) => {
    await overwrite(MANIFEST_NAME, bytes(text));
    await expect(openBundle(store, PREFIX)).rejects.toMatchObject({ reason: 'corrupt' });
  });
});
