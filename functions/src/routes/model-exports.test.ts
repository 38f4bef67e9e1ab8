import { createHash } from 'node:crypto';
import type { ModelExport } from '@preheat/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';
import { tinyAdapterFiles } from '../test-kit/tiny-adapter.js';
import { uploadModelFiles } from '../test-kit/upload-model-files.js';

let api: ApiUnderTest;
afterEach(() => api.app.close());

const post = (url: string, payload: object) => api.call({ method: 'POST', url, payload });
const create = (request: object) => post('/v1/x/exports', { model: 'preheat-1m', ...request });
const fileOf = (id: string, path: string, key?: string) =>
  api.call({ url: `/v1/x/exports/${id}/files/${path}`, ...(key ? { key } : {}) });

describe('POST /v1/x/exports', () => {
  it.each<[object, string[]]>([
    [
      { format: 'hf' },
      ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'],
    ],
    [
      { format: 'hf', dtype: 'bfloat16', shard_bytes: 2000 },
      ['model-00001-of-00002.safetensors', 'model.safetensors.index.json'],
    ],
    [{ format: 'hf', dtype: 'float16' }, ['model.safetensors']],
    [{ format: 'transformers-js' }, ['onnx/model.onnx', 'tokenizer.json']],
    [{ format: 'gguf' }, ['model.gguf']],
    [{ format: 'gguf', dtype: 'float16' }, ['model.gguf']],
    [{ format: 'gguf', dtype: 'bfloat16' }, ['model.gguf']],
  ])('writes %j, proven to compute the same', async (request, names) => {
    api = await startApi();
    const answer = await create(request);
    const written = answer.json() as ModelExport;
    expect(written).toMatchObject({ object: 'model.export', model: 'preheat-1m', ...without(request, 'shard_bytes') });
    expect(written.files.map(({ path }) => path)).toEqual(expect.arrayContaining(names));
    const { parity } = written;
    expect(parity).toMatchObject({ greedy_text_equal: true, prompts: 12 });
    expect(parity.max_logprob_difference).toBeLessThan(1e-4);
    expect(parity.rounding_logprob_difference > 0).toBe('dtype' in request);
    expect(parity.samples[0]?.greedy.length).toBeGreaterThan(0);
    for (const { path, bytes, sha256 } of written.files) {
      const { rawPayload, headers } = await fileOf(written.id, path);
      expect([rawPayload.length, Number(headers['content-length'])]).toEqual([bytes, bytes]);
      expect(createHash('sha256').update(rawPayload).digest('hex')).toBe(sha256);
    }
  });

  it('finds an export again, and deletes it with its files', async () => {
    api = await startApi();
    const first = (await create({ format: 'gguf' })).json() as ModelExport;
    expect((await create({ format: 'gguf' })).json()).toEqual(first);
    expect((await api.call({ url: `/v1/x/exports/${first.id}` })).json()).toEqual(first);
    expect((await api.call({ url: `/v1/x/exports/${first.id}`, key: OTHER_KEY })).statusCode).toBe(404);
    expect((await fileOf(first.id, 'model.gguf', OTHER_KEY)).statusCode).toBe(404);
    expect((await fileOf(first.id, 'config.json')).json()).toMatchObject({
      error: { code: 'not_found', message: expect.stringContaining('it has model.gguf') },
    });
    const deleted = await api.call({ method: 'DELETE', url: `/v1/x/exports/${first.id}` });
    expect(deleted.json()).toEqual({ id: first.id, object: 'model.export', deleted: true });
    expect((await api.deps.store.list('exports/')).entries).toEqual([]);
    expect((await api.call({ method: 'DELETE', url: `/v1/x/exports/${first.id}` })).statusCode).toBe(404);
  });

  it('writes the adapter of a model that has one, and its merged weights', async () => {
    api = await startApi();
    const files = await uploadModelFiles(api, tinyAdapterFiles());
    expect((await post('/v1/x/models', { name: 'tuned', base: 'preheat-1m', files })).statusCode).toBe(200);
    const adapter = (await create({ model: 'tuned', format: 'peft' })).json() as ModelExport;
    expect(adapter.files.map(({ path }) => path)).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    expect(adapter.parity.max_logprob_difference).toBe(0);
    const merged = (await create({ model: 'tuned', format: 'hf' })).json() as ModelExport;
    const base = (await create({ format: 'hf' })).json() as ModelExport;
    expect(merged.parity.samples).toEqual(adapter.parity.samples);
    expect(merged.parity.samples).not.toEqual(base.parity.samples);
  });

  it.each([
    [{ format: 'peft' }, 'model_not_exportable', 'this model has no adapter'],
    [{ format: 'transformers-js', dtype: 'bfloat16' }, 'model_not_exportable', 'is written in float32 only'],
    [{ format: 'tar' }, 'invalid_request', "'format'"],
    [{ model: 'nothing', format: 'hf' }, 'model_not_found', "The model 'nothing' does not exist"],
  ])('refuses %j', async (request, code, message) => {
    api = await startApi();
    expect((await create(request)).json()).toMatchObject({
      error: { code, message: expect.stringContaining(message) },
    });
    expect((await api.deps.store.list('exports/')).entries).toEqual([]);
  });
});

function without(request: object, key: string): object {
  return Object.fromEntries(Object.entries(request).filter(([name]) => name !== key));
}
