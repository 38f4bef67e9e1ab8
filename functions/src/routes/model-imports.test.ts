import { adapterFiles, encodeSafetensors, freshDecoder, mergeAdapter } from '@preheat/checkpoints';
import { endTokenIds, KEYS } from '@preheat/contracts';
import { baseConfig, modelBlobs } from '@preheat/inference/stored-models';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';
import { tinyAdapter, tinyAdapterFiles } from '../test-kit/tiny-adapter.js';
import { TINY_MODELS } from '../test-kit/tiny-models.js';
import { uploadModelFiles, uploadPart } from '../test-kit/upload-model-files.js';

let api: ApiUnderTest;
afterEach(() => api.app.close());

const tokenizerFiles = letterToSoundTokenizer();
const config = baseConfig(TINY_MODELS[0] as (typeof TINY_MODELS)[number], loadTokenizer(tokenizerFiles));
const weights = () => freshDecoder(config, 5);

/** The files of a small model, as if from a folder. */
function folder(changes: Record<string, Uint8Array | string | undefined> = {}): Map<string, Buffer> {
  const blobs = new Map<string, Uint8Array | string | undefined>(modelBlobs(config, tokenizerFiles, weights()));
  for (const [name, content] of Object.entries(changes)) blobs.set(name, content);
  const kept = [...blobs].filter((entry): entry is [string, Uint8Array | string] => entry[1] !== undefined);
  return new Map(kept.map(([name, content]) => [name, Buffer.from(content as Uint8Array)]));
}

/** Uploads every file, cut at every `partBytes`, and asks for the import. */
async function importing(files: Map<string, Uint8Array>, request: object = {}, partBytes = Infinity) {
  return post({ name: 'acme/tiny', files: await uploadModelFiles(api, files, partBytes), ...request });
}

const post = (payload: object) => api.call({ method: 'POST', url: '/v1/x/models', payload });
const chat = (model: string) => {
  const payload = { model, messages: [{ role: 'user', content: 'cat' }], max_tokens: 4, temperature: 0 };
  return api.call({ method: 'POST', url: '/v1/chat/completions', payload });
};

describe('POST /v1/x/models', () => {
  it('makes files that came in parts a model that is listed, answers, and can be deleted', async () => {
    api = await startApi();
    const answer = await importing(folder(), {}, 3000);
    expect(answer.json()).toMatchObject({
      object: 'model.import',
      model: 'acme/tiny',
      status: 'imported',
      model_type: 'llama',
      dtypes: ['F32'],
      weight_files: ['model.safetensors'],
      has_chat_template: true,
      end_tokens: ['<|end|>'],
      ignored: [],
    });
    expect((await chat('acme/tiny')).statusCode).toBe(200);
    expect((await api.call({ url: '/v1/models/acme/tiny' })).json()).toMatchObject({ owned_by: 'proj-one' });
    expect((await api.call({ url: '/v1/models/acme%2Ftiny', key: OTHER_KEY })).statusCode).toBe(404);
    expect((await api.call({ method: 'DELETE', url: '/v1/models/acme/tiny' })).json()).toMatchObject({ deleted: true });
  });

  it('checks heads of files without storing anything, and refuses to import them', async () => {
    api = await startApi();
    const files = folder();
    const whole = files.get('model.safetensors') as Buffer;
    const headBytes = 8 + Number(whole.readBigUInt64LE(0));
    const described = [];
    for (const [path, content] of files) {
      const head = path === 'model.safetensors' ? content.subarray(0, headBytes) : content;
      described.push({ path, bytes: content.length, parts: [await uploadPart(api, head)] });
    }
    const request = { name: 'tiny', files: described };
    expect((await post({ ...request, check_only: true })).json()).toMatchObject({ status: 'checked', tensors: 11 });
    expect((await api.deps.store.list('imports/')).entries).toEqual([]);
    expect((await post(request)).json()).toMatchObject({ error: { code: 'invalid_request', param: 'files' } });
  });

  it.each([
    ['float32', 1, 0],
    ['bfloat16', 0.5, 2 ** -8],
    ['float16', 0.5, 2 ** -11],
    // Rows of eight elements, each with a scale of four bytes.
    ['int8', 0.5, 0.005],
  ])('keeps weights as %s when asked', async (dtype, share, error) => {
    api = await startApi();
    expect((await importing(folder(), { storage_dtype: dtype })).json()).toMatchObject({ storage_dtype: dtype });
    const record = await api.deps.models.find('proj-one', 'acme/tiny');
    const stored = await api.deps.store.head(`${record?.prefix}/model.safetensors`);
    const original = encodeSafetensors(weights()).byteLength;
    expect((stored?.size ?? 0) / original).toBeGreaterThan(share * 0.9);
    expect((stored?.size ?? 0) / original).toBeLessThan(share * 1.3);
    const { tensors } = await api.deps.models.load(record as NonNullable<typeof record>);
    for (const [name, { data }] of weights()) {
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const read = tensors.get(name)?.data as Float32Array;
      data.forEach((value, i) =>
        expect(Math.abs((read[i] as number) - value)).toBeLessThanOrEqual(error * largest + 0),
      );
    }
    expect((await chat('acme/tiny')).statusCode).toBe(200);
  });

  it('repeats an import without harm, and takes no name from another model', async () => {
    api = await startApi();
    expect((await importing(folder())).statusCode).toBe(200);
    expect((await importing(folder())).statusCode).toBe(200);
    const other = await importing(folder({ 'generation_config.json': '{"eos_token_id":3}' }));
    expect(other.json()).toMatchObject({
      error: {
        code: 'invalid_request',
        param: 'name',
        message: expect.stringContaining('is taken by another model (imported)'),
      },
    });
    for (const name of ['preheat-1m', 'ft:x', '../up', 'a/b/c', '']) {
      expect((await importing(folder(), { name })).json()).toMatchObject({ error: { param: 'name' } });
    }
  });

  it.each<[string, Record<string, Uint8Array | string | undefined>, string]>([
    ['a missing config', { 'config.json': undefined }, 'config.json is missing'],
    [
      'another family',
      { 'config.json': JSON.stringify({ ...config, model_type: 't5' }) },
      'config.json: model_type must be',
    ],
    ['a missing tokenizer', { 'tokenizer.json': undefined }, 'tokenizer.json is missing'],
    [
      'a tokenizer that cannot be loaded',
      { 'tokenizer.json': '{}' },
      'tokenizer.json: expected an object with a "model"',
    ],
    ['a template that cannot be parsed', { 'chat_template.jinja': '{% for' }, 'The chat template cannot be parsed'],
    [
      'pickled weights',
      { 'model.safetensors': undefined, 'pytorch_model.bin': 'x' },
      'pytorch_model.bin: pickled weights',
    ],
    ['weights cut off', { 'model.safetensors': encodeSafetensors(weights()).subarray(0, -4) }, 'it was cut off'],
    [
      'a head that is not the embedding it is tied to',
      {
        'model.safetensors': encodeSafetensors(
          weights().set('lm_head.weight', { shape: [config.vocab_size, config.hidden_size], data: otherHead() }),
        ),
      },
      'tensor lm_head.weight is not model.embed_tokens.weight',
    ],
    [
      'weights that are no numbers',
      { 'model.safetensors': encodeSafetensors(brokenWeights()) },
      'tensor model.norm.weight holds NaN',
    ],
  ])('refuses %s and stores nothing', async (_, changes, message) => {
    api = await startApi();
    const answer = await importing(folder(changes));
    expect(answer.json()).toMatchObject({
      error: { code: 'invalid_model', message: expect.stringContaining(message) },
    });
    expect((await api.deps.store.list('imports/')).entries).toEqual([]);
    expect(await api.deps.store.head(KEYS.model('proj-one', 'acme/tiny'))).toBeUndefined();
  });

  it('names the part that is not there, that is another project’s, or that is too long', async () => {
    api = await startApi();
    const foreign = await uploadPart(api, Buffer.from('{}'), OTHER_KEY);
    const own = await uploadPart(api, Buffer.from('{}'));
    const file = (parts: string[], bytes: number) => ({ name: 'x', files: [{ path: 'config.json', bytes, parts }] });
    for (const parts of [['file-nothing'], [foreign]]) {
      expect((await post(file(parts, 2))).json()).toMatchObject({ error: { param: 'files.0.parts.0' } });
    }
    expect((await post(file([own], 1))).json()).toMatchObject({ error: { param: 'files.0.bytes' } });
    const twice = { name: 'x', files: [file([own], 2), file([own], 2)].flatMap(({ files }) => files) };
    expect((await post(twice)).json()).toMatchObject({ error: { param: 'files.1.path' } });
    const escaping = { name: 'x', files: [{ path: '../config.json', bytes: 2, parts: [own] }] };
    expect((await post(escaping)).json()).toMatchObject({ error: { param: 'files.0.path' } });
  });
});

describe('POST /v1/x/models of an adapter', () => {
  it('stores what changes, and serves the merged weights', async () => {
    api = await startApi();
    const answer = await importing(tinyAdapterFiles(), { name: 'tuned', base: 'preheat-1m' });
    expect(answer.json()).toMatchObject({
      status: 'imported',
      weight_files: ['adapter_model.safetensors'],
      tensors: 4,
    });
    const { models, store } = api.deps;
    const record = (await models.find('proj-one', 'tuned')) as NonNullable<Awaited<ReturnType<typeof models.find>>>;
    expect(record).toMatchObject({ kind: 'imported', base: 'preheat-1m' });
    expect(await store.head(`${record.prefix}/model.safetensors`)).toBeUndefined();
    const base = await models.load((await models.find('proj-one', 'preheat-1m')) as typeof record);
    expect((await models.load(record)).tensors).toEqual(mergeAdapter(base.tensors, tinyAdapter()));
    expect((await chat('tuned')).statusCode).toBe(200);
  });

  it('takes the chat template and the end token that come with it, and else those of the base', async () => {
    api = await startApi();
    const { tokenizerConfig } = tokenizerFiles;
    const texts = {
      'chat_template.jinja': "{{ 'own:' + messages[0].content }}",
      'tokenizer_config.json': JSON.stringify({ ...tokenizerConfig, chat_template: undefined, eos_token: '<|user|>' }),
    };
    const describe = async (name: string, files: Record<string, string>) => {
      const all = new Map([
        ...tinyAdapterFiles(),
        ...Object.entries(files).map(([file, text]) => [file, Buffer.from(text)] as const),
      ]);
      expect((await importing(all, { name, base: 'preheat-1m' })).statusCode).toBe(200);
      const { models } = api.deps;
      const { tokenizer, config: read } = await models.describe(
        (await models.find('proj-one', name)) as NonNullable<Awaited<ReturnType<typeof models.find>>>,
      );
      return [
        tokenizer.renderChat([{ role: 'user', content: 'cat' }]),
        endTokenIds(read)
          .map((id) => tokenizer.idToToken(id))
          .join(),
      ];
    };
    expect(await describe('both', texts)).toEqual(['own:cat', '<|end|>,<|user|>']);
    const { 'chat_template.jinja': template, 'tokenizer_config.json': withoutTemplate } = texts;
    expect(await describe('template', { 'chat_template.jinja': template })).toEqual(['own:cat', '<|end|>']);
    expect(await describe('config', { 'tokenizer_config.json': withoutTemplate })).toEqual([
      '<|user|>cat',
      '<|end|>,<|user|>',
    ]);
  });

  it.each<[string, Map<string, Uint8Array>, object, object]>([
    ['no base', tinyAdapterFiles(), {}, { param: 'base' }],
    ['an unknown base', tinyAdapterFiles(), { base: 'nothing' }, { code: 'model_not_found' }],
    ['a lossy type', tinyAdapterFiles(), { base: 'preheat-1m', storage_dtype: 'int8' }, { param: 'storage_dtype' }],
    [
      'the files of a whole model',
      folder(),
      { base: 'preheat-1m' },
      { code: 'invalid_model', message: expect.stringContaining('adapter_config.json is missing') },
    ],
    [
      'an adapter cut off',
      cutOff(),
      { base: 'preheat-1m' },
      { code: 'invalid_model', message: expect.stringContaining('cut off') },
    ],
    [
      'a tokenizer that the base has no rows for',
      new Map([...tinyAdapterFiles(), ['tokenizer.json', Buffer.from(JSON.stringify(largerTokenizer()))]]),
      { base: 'preheat-1m' },
      { code: 'invalid_model', message: expect.stringContaining('tokenizer.json: has ids up to') },
    ],
    [
      'an adapter that holds no numbers',
      brokenAdapter(),
      { base: 'preheat-1m' },
      { code: 'invalid_model', message: expect.stringContaining('lora_B.weight holds Infinity at element 3') },
    ],
  ])('refuses %s', async (_, files, request, error) => {
    api = await startApi();
    expect((await importing(files, request)).json()).toMatchObject({ error });
  });
});

function cutOff(): Map<string, Uint8Array> {
  const files = tinyAdapterFiles();
  return files.set('adapter_model.safetensors', (files.get('adapter_model.safetensors') as Uint8Array).slice(0, -8));
}

function brokenAdapter(): Map<string, Uint8Array> {
  const adapter = tinyAdapter();
  const [, matrix] = [...adapter.tensors.values()];
  matrix?.data.fill(Infinity, 3, 4);
  return adapterFiles(adapter);
}

function largerTokenizer(): object {
  const { tokenizerJson } = tokenizerFiles;
  const model = tokenizerJson['model'] as { vocab: object };
  return { ...tokenizerJson, model: { ...model, vocab: { ...model.vocab, more: config.vocab_size } } };
}

function brokenWeights() {
  const tensors = weights();
  tensors.get('model.norm.weight')?.data.fill(Number.NaN);
  return tensors;
}

function otherHead(): Float32Array {
  return new Float32Array(config.vocab_size * config.hidden_size).fill(0.5);
}
