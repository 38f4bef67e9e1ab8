import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../cli.js';
import { startHub } from '../test-kit/hub-server.js';
import { type Routes, type ScriptedApi, startScriptedApi } from '../test-kit/scripted-api.js';
import { testIo } from '../test-kit/test-io.js';

let folder: string;
let api: ScriptedApi | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-models-'));
});
afterEach(async () => {
  await api?.stop();
  api = undefined;
  rmSync(folder, { recursive: true });
});

async function run(line: string[], routes: Routes = {}, env: Record<string, string> = {}) {
  api = await startScriptedApi(routes);
  const io = testIo({ env: { PREHEAT_BASE_URL: api.baseURL, PREHEAT_API_KEY: 'key-1', ...env }, cwd: folder });
  const code = await runCli(['models', ...line], io);
  return { code, ...io.text };
}

/** Bodies that a route was sent, as JSON. */
const sent = (route: string) =>
  (api?.requests ?? [])
    .filter((one) => one.route === route)
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const count = (start: string) => (api?.requests ?? []).filter(({ route }) => route.startsWith(start)).length;

function safetensors(dataBytes: number): Buffer {
  const header = Buffer.from(
    JSON.stringify({ w: { dtype: 'F32', shape: [dataBytes / 4], data_offsets: [0, dataBytes] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(dataBytes)]);
}

const HEAD_BYTES = safetensors(400).length - 400;
function modelFolder(name: string, files: Record<string, string | Buffer> = {}): void {
  mkdirSync(join(folder, name));
  const all = {
    'config.json': '{}',
    'model.safetensors': safetensors(400),
    'pytorch_model.bin': 'x',
    'README.md': '#',
    ...files,
  };
  for (const [file, content] of Object.entries(all)) writeFileSync(join(folder, name, file), content);
}

const IMPORTED = {
  object: 'model.import',
  model: 'tiny',
  status: 'imported',
  model_type: 'llama',
  parameters: 1234,
  layers: 2,
  context_tokens: 128,
  vocabulary: 99,
  tensors: 1,
  weight_bytes: 4321,
  weight_files: ['model.safetensors'],
  dtypes: ['F32'],
  storage_dtype: 'original',
  has_chat_template: false,
  end_tokens: ['<a>', '<b>'],
  ignored: [],
};
const UPLOADS: Routes = {
  'POST /v1/files': [{ id: 'file-1' }, { id: 'file-2' }, { id: 'file-3' }],
  'DELETE /v1/files/file-1': [{}],
  'DELETE /v1/files/file-2': [{}],
  'DELETE /v1/files/file-3': [{}],
  'POST /v1/x/models': [{ ...IMPORTED, status: 'checked' }, IMPORTED],
};

describe('models import', () => {
  it('sends heads to be checked, then the rest, and leaves no upload behind', async () => {
    modelFolder('tiny');
    const { code, out } = await run(['import', 'tiny'], UPLOADS);
    expect(code).toBe(0);
    const [check, whole] = sent('POST /v1/x/models');
    const config = { path: 'config.json', bytes: 2, parts: ['file-1'] };
    const weights = { path: 'model.safetensors', bytes: 400 + HEAD_BYTES };
    expect(check).toEqual({
      name: 'tiny',
      storage_dtype: 'original',
      check_only: true,
      files: [config, { ...weights, parts: ['file-2'] }],
    });
    expect(whole).toEqual({
      name: 'tiny',
      storage_dtype: 'original',
      files: [config, { ...weights, parts: ['file-2', 'file-3'] }],
    });
    expect(count('DELETE /v1/files/')).toBe(3);
    expect(out).toMatch(/family\s+llama, 2 layers, 1,234 parameters/);
    expect(out).toContain('an answer ends with <a> or <b>');
    expect(out).toContain('none: it can neither chat nor be trained');
    expect(out).toContain('preheat models delete tiny, then import it again with --chat-template FILE');
    expect(out).not.toContain('preheat chat tiny');
  });

  it('passes over a link to what is gone', async () => {
    modelFolder('tiny');
    symlinkSync('gone', join(folder, 'tiny', 'training_args.json'));
    expect((await run(['import', 'tiny'], UPLOADS)).code).toBe(0);
  });

  it('sends no more than the heads of what is refused, and says why', async () => {
    modelFolder('tiny');
    const { code, err } = await run(['import', 'tiny', '--name', 'x'], { ...UPLOADS, 'POST /v1/x/models': [] });
    expect([code, count('POST /v1/files'), count('DELETE /v1/files/')]).toEqual([1, 2, 2]);
    expect(err).toContain('nothing at POST /v1/x/models');
  });

  it('shows one pickled file to the platform where there is nothing else', async () => {
    mkdirSync(join(folder, 'old'));
    writeFileSync(join(folder, 'old', 'config.json'), '{}');
    writeFileSync(join(folder, 'old', 'pytorch_model.bin'), Buffer.alloc(1000));
    await run(['import', 'old'], { ...UPLOADS, 'POST /v1/x/models': [] });
    expect(sent('POST /v1/x/models')[0]?.['files']).toMatchObject([
      { path: 'config.json' },
      { path: 'pytorch_model.bin', bytes: 1000 },
    ]);
    expect((api?.requests ?? []).every(({ body }) => body.length < 1000)).toBe(true);
  });

  it('puts the template it was given in place of the model’s own', async () => {
    modelFolder('tiny', { 'chat_template.jinja': 'own' });
    writeFileSync(join(folder, 'mine.jinja'), 'mine');
    await run(['import', 'tiny', '--chat-template', 'mine.jinja', '--storage-dtype', 'int8'], UPLOADS);
    expect(sent('POST /v1/x/models')[0]).toMatchObject({ storage_dtype: 'int8' });
    const bodies = (api?.requests ?? []).filter(({ route }) => route === 'POST /v1/files').map(({ body }) => body);
    expect(bodies.some((body) => body.includes('mine'))).toBe(true);
    expect(bodies.some((body) => body.includes('own'))).toBe(false);
  });

  it('downloads a repository of the hub that HF_ENDPOINT names', async () => {
    const files = {
      'config.json': { content: Buffer.from('{}') },
      'model.safetensors': { content: safetensors(400), isLarge: true },
    };
    const hub = await startHub(files, { 'config.json': { tooManyTimes: 1, tooManyHeaders: { 'retry-after': '90' } } });
    try {
      const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(folder, 'cache') };
      const { code, out, err } = await run(['import', 'acme/tiny', '--revision', 'v1'], UPLOADS, env);
      expect(code).toBe(0);
      expect(err).toContain('the hub has had too many requests; waiting 1m 30s for it');
      expect(sent('POST /v1/x/models')[1]).toMatchObject({ name: 'acme/tiny' });
      expect(out).toContain('acme/tiny at 0123456789ab');
    } finally {
      await hub.stop();
    }
  });

  it.each([
    [['import', 'no such thing'], 'is neither a folder here nor the id of a hub repository (owner/name)'],
    [['import', 'empty'], 'empty has no config.json'],
    [['import', 'empty', '--revision', 'v1'], '--revision is for hub repositories'],
    [['import', 'a/b', '--endpoint', 'huggingface.co'], 'is no http(s) address'],
    [['import', 'empty', '--storage-dtype', 'int4'], 'Allowed choices are original, float32'],
    [['export', 'm'], "required option '--out <folder>' not specified"],
    [['export', 'm', '--out', 'full'], 'is not empty'],
    [['export', 'm', '--out', 'full/file'], '--out names a folder'],
    [['export', 'm', '--out', 'x', '--format', 'zip'], 'Allowed choices are hf, transformers-js, gguf, peft'],
  ])('answers %j with exit code 2 and what is wrong', async (line, message) => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'file'), 'x');
    const { code, err } = await run(line);
    expect(err).toContain(message);
    expect([code, api?.requests]).toEqual([2, []]);
  });
});

describe('models export', () => {
  const content = 'event-stream text stands for bytes';
  const sha256 = createHash('sha256').update(content).digest('hex');
  const parity = {
    prompts: 12,
    tokens: 300,
    max_logprob_difference: 0.00001,
    bound: 0.001,
    greedy_text_equal: true,
    rounding_logprob_difference: 0.02,
    rounding_greedy_text_equal: false,
    samples: [],
  };
  const written = (hash: string) => ({
    object: 'model.export',
    id: 'mexp_1',
    model: 'm',
    format: 'gguf',
    dtype: 'float16',
    files: [{ path: 'deep/model.gguf', bytes: content.length, sha256: hash }],
    parity,
  });
  const routes = (hash: string): Routes => ({
    'POST /v1/x/exports': [written(hash)],
    'GET /v1/x/exports/mexp_1/files/deep/model.gguf': [content],
    'DELETE /v1/x/exports/mexp_1': [{ deleted: true }],
  });

  it('writes the files and the parity report, and deletes the platform’s copy', async () => {
    const { code, out } = await run(
      ['export', 'm', '--format', 'gguf', '--dtype', 'float16', '--out', 'new'],
      routes(sha256),
    );
    expect(code).toBe(0);
    expect(sent('POST /v1/x/exports')).toEqual([{ model: 'm', format: 'gguf', dtype: 'float16' }]);
    expect(readFileSync(join(folder, 'new', 'deep', 'model.gguf'), 'utf8')).toBe(content);
    expect(JSON.parse(readFileSync(join(folder, 'new', 'parity.json'), 'utf8'))).toEqual(parity);
    expect(count('DELETE /v1/x/exports/')).toBe(1);
    expect(out).toContain('greedy text is the same after 12 prompts');
    expect(out).toContain('float16 itself moves log-probabilities by up to 0.020 nats; greedy text changes.');
  });

  it('fails when other bytes arrive than were proven, and leaves nothing behind, here or there', async () => {
    const { code, err } = await run(['export', 'm', '--out', 'new'], routes('0'.repeat(64)));
    expect([code, count('DELETE /v1/x/exports/')]).toEqual([1, 1]);
    expect(readdirSync(join(folder, 'new'))).toEqual([]);
    expect(err).toContain(`has SHA-256 ${sha256}, the platform sent ${'0'.repeat(64)}`);
  });
});

describe('models expire', () => {
  const URL_OF_X = '/v1/x/models/ft%3Ax/expiry';
  const expiry = (expires_at: number | null) => ({ object: 'model.expiry', model: 'ft:x', expires_at });

  it.each([
    [['--in', '7d'], { expires_in_seconds: 604_800 }],
    [['--at', '1900000000'], { expires_at: 1_900_000_000 }],
  ])('%j sets it', async (flags, body) => {
    const routes = { [`POST ${URL_OF_X}`]: [expiry(1_900_000_000)] };
    const { code, out } = await run(['expire', 'ft:x', ...flags], routes);
    expect([code, out.trim()]).toEqual([0, 'ft:x expires at 2030-03-17 17:46:40 UTC']);
    expect(sent(`POST ${URL_OF_X}`)).toEqual([body]);
  });

  it('tells when, lifts it with --never, and refuses both at once and no duration at all', async () => {
    const told = await run(['expire', 'ft:x'], { [`GET ${URL_OF_X}`]: [expiry(1_900_000_000)] });
    expect([told.code, told.out]).toEqual([0, expect.stringContaining('2030-03-17')]);
    await api?.stop();
    const lifted = await run(['expire', 'ft:x', '--never'], { [`DELETE ${URL_OF_X}`]: [expiry(null)] });
    expect([lifted.code, lifted.out.trim()]).toEqual([0, 'ft:x does not expire']);
    await api?.stop();
    expect((await run(['expire', 'ft:x', '--never', '--in', '2h'])).code).toBe(2);
    await api?.stop();
    expect((await run(['expire', 'ft:x', '--in', 'soon'])).err).toContain('90s, 30m, 36h or 7d');
  });
});
