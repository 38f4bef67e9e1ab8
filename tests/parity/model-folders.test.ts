/**
 * Whole models between the platform and Python, through the command line: a folder that transformers saved is imported,
 * computes the same, and trains; what is exported computes the same in transformers, peft and transformers.js.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FineTuningJob, ModelRecord } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { GraderPool } from '@preheat/graders';
import { DecoderSession } from '@preheat/inference';
import { LeasedJob } from '@preheat/jobs';
import { MemoryWorkQueue } from '@preheat/adapters/memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../packages/cli/src/cli.js';
import { testIo } from '../../packages/cli/src/test-kit/test-io.js';
import { type ApiUnderTest, KEY, startApi } from '../../functions/src/test-kit/api-under-test.js';
import { runJob } from '../../gpu-runner/src/run-job.js';
import { PEER_TIMEOUT_MS, peerTest, runPeer } from './peer-python.js';

/** Of a log-probability, in nats, between float32 programs. */
const TOLERANCE = 1e-4;

interface Computed {
  readonly prompt: string;
  /** Prompt and greedy continuation. */
  readonly tokens: number[];
  readonly promptTokens: number;
  /** Of every token from the second on. */
  readonly logProbs: number[];
  readonly text: string;
}

let api: ApiUnderTest;
let baseURL: string;
let folder: string;
beforeAll(async () => {
  api = await startApi();
  baseURL = `${await api.app.listen({ host: '127.0.0.1', port: 0 })}/v1`;
  folder = mkdtempSync(join(tmpdir(), 'preheat-parity-'));
});
afterAll(async () => {
  await api.app.close();
  rmSync(folder, { recursive: true });
});

async function preheat(...line: string[]): Promise<string> {
  const io = testIo({ env: { PREHEAT_BASE_URL: baseURL, PREHEAT_API_KEY: KEY }, cwd: folder });
  const code = await runCli(line, io);
  if (code !== 0) throw new Error(`preheat ${line.join(' ')}: ${io.text.err}`);
  return io.text.out;
}

async function recordOf(name: string): Promise<ModelRecord> {
  const record = await api.deps.models.find('proj-one', name);
  if (!record) throw new Error(`there is no model ${name}`);
  return record;
}

/** What the platform computes for the same prompts. */
async function computedHere(name: string, expected: readonly Computed[]): Promise<Computed[]> {
  const { config, tensors, tokenizer } = await api.deps.models.load(await recordOf(name));
  const decoder = await DecoderSession.create(config, tensors);
  try {
    const prompts = expected.map(({ prompt }) => tokenizer.encode(prompt));
    const stopIds = [config.eos_token_id, ...(config.other_eos_token_ids ?? [])];
    const requests = prompts.map((tokens, index) => ({ tokens, key: `${index}` }));
    const rows = await decoder.generate(requests, { maxNewTokens: 16, temperature: 0, seed: 0, stopIds });
    const whole = rows.map(({ tokens }, index) => [...(prompts[index] ?? []), ...tokens]);
    const scored = await decoder.score(whole.map((tokens) => ({ tokens, from: 1 })));
    return expected.map(({ prompt }, index) => ({
      prompt,
      tokens: whole[index] ?? [],
      promptTokens: prompts[index]?.length ?? 0,
      logProbs: [...(scored[index]?.logProbs ?? [])],
      text: tokenizer.decode(rows[index]?.tokens ?? [], { skipSpecialTokens: true }),
    }));
  } finally {
    await decoder.close();
  }
}

function expectSame(actual: readonly Computed[], expected: readonly Computed[]): void {
  expect(actual.map(({ tokens, text }) => ({ tokens, text }))).toEqual(
    expected.map(({ tokens, text }) => ({ tokens, text })),
  );
  expected.forEach(({ logProbs }, row) => {
    logProbs.forEach((logProb, i) =>
      expect(Math.abs((actual[row]?.logProbs[i] ?? Number.NaN) - logProb)).toBeLessThan(TOLERANCE),
    );
  });
}

describe('a folder that transformers saved, bfloat16 in shards', () => {
  let made: { files: string[]; base: Computed[]; adapted: Computed[] };

  peerTest('is imported and computes the same, end tokens and spare rows included', async () => {
    made = await runPeer('model_folders.py', ['make', folder]);
    expect(made.files.filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(2);
    const table = await preheat('models', 'import', 'base', '--name', 'py-base');
    expect(table).toContain('an answer ends with <|im_end|> or <|endoftext|>');
    expect(table).toContain('BF16');
    expectSame(await computedHere('py-base', made.base), made.base);
    expect(await preheat('chat', 'py-base', 'the cat', '--max-tokens', '4', '--temperature', '0')).not.toBe('');
  });

  peerTest('trains one step of SFT, and the checkpoint opens in transformers', async () => {
    const rows = ['the cat', 'hello'].map((content) => ({
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: 'it is 5!' },
      ],
    }));
    const training_file = await api.upload(rows.map((row) => JSON.stringify(row)).join('\n'), 'fine-tune');
    const payload = {
      model: 'py-base',
      training_file,
      pipeline: [{ type: 'supervised', algorithm: 'sft', hyperparameters: { max_steps: 1, batch_size: 2 } }],
    };
    const created = await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload });
    const job = created.json() as FineTuningJob;
    expect(created.statusCode, created.body).toBe(200);
    await runOneJob(job.id);
    const done = (await api.call({ url: `/v1/fine_tuning/jobs/${job.id}` })).json() as FineTuningJob;
    expect(done).toMatchObject({ status: 'succeeded', error: null });
    const name = done.fine_tuned_model as string;
    await preheat('models', 'export', name, '--out', 'trained');
    const trained = await runPeer<Computed[]>('model_folders.py', ['hf', join(folder, 'trained')]);
    expectSame(await computedHere(name, trained), trained);
    expect(trained.map(({ logProbs }) => logProbs[0])).not.toEqual(made.base.map(({ logProbs }) => logProbs[0]));
  });

  peerTest('is exported in float32 and bfloat16, in shards, and computes the same in transformers', async () => {
    for (const [out, ...flags] of [['f32'], ['bf16', '--dtype', 'bfloat16', '--shard-bytes', '50000']] as [
      string,
      ...string[],
    ][]) {
      const table = await preheat('models', 'export', 'py-base', '--out', out, ...flags);
      expect(table).toContain('greedy text is the same');
      // The weights were bfloat16, so neither rounds them.
      expectSame(await runPeer<Computed[]>('model_folders.py', ['hf', join(folder, out)]), made.base);
      const parity = JSON.parse(readFileSync(join(folder, out, 'parity.json'), 'utf8')) as Record<string, unknown>;
      expect(parity).toMatchObject({
        greedy_text_equal: true,
        max_logprob_difference: 0,
        rounding_logprob_difference: 0,
      });
    }
  });

  peerTest('takes an adapter of peft, merges it as peft does, and gives it back', async () => {
    const table = await preheat('models', 'import', 'adapter', '--name', 'py-tuned', '--base', 'py-base');
    expect(table).toContain('adapter_model.safetensors');
    expectSame(await computedHere('py-tuned', made.adapted), made.adapted);
    await preheat('models', 'export', 'py-tuned', '--format', 'peft', '--out', 'peft');
    await preheat('models', 'export', 'py-base', '--out', 'for-peft');
    const [peft, base] = [join(folder, 'peft'), join(folder, 'for-peft')];
    expectSame(await runPeer<Computed[]>('model_folders.py', ['peft', peft, base]), made.adapted);
    await preheat('models', 'export', 'py-tuned', '--out', 'merged');
    const distance = await runPeer<number>('model_folders.py', [
      'merged',
      join(folder, 'merged'),
      base,
      join(folder, 'adapter'),
    ]);
    expect(distance).toBeLessThan(1e-6);
  });

  peerTest('computes the same in transformers.js', async () => {
    await preheat('models', 'export', 'py-base', '--format', 'transformers-js', '--out', 'tjs');
    const written = await transformersJs(
      'tjs',
      made.base.map(({ prompt }) => prompt),
    );
    expect(written).toEqual(made.base.map(({ tokens, promptTokens }) => tokens.slice(promptTokens)));
  });
});

peerTest('folders of six more families are imported, compute the same, and do so in transformers.js', async () => {
  const families = await runPeer<Record<string, Computed[]>>('model_folders.py', [
    'families',
    join(folder, 'families'),
  ]);
  expect(Object.keys(families)).toHaveLength(6);
  for (const [name, expected] of Object.entries(families)) {
    await preheat('models', 'import', `families/${name}`);
    expectSame(await computedHere(name, expected), expected);
    await preheat('models', 'export', name, '--format', 'transformers-js', '--out', `tjs-${name}`);
    const written = await transformersJs(
      `tjs-${name}`,
      expected.map(({ prompt }) => prompt),
    );
    expect(written, name).toEqual(expected.map(({ tokens, promptTokens }) => tokens.slice(promptTokens)));
  }
});

const llamaTitle = 'folders of transformers, exported as GGUF, are tokenised and computed alike by llama.cpp';
if (process.env['PREHEAT_PEER_LLAMA'] === undefined) {
  it.skip(`${llamaTitle} (needs PREHEAT_PEER_LLAMA: a folder with node-llama-cpp installed)`);
} else {
  peerTest(llamaTitle, async () => {
    const { base } = await runPeer<{ base: Computed[] }>('model_folders.py', ['make', join(folder, 'gguf')]);
    const families = await runPeer<Record<string, Computed[]>>('model_folders.py', ['families', join(folder, 'gguf')]);
    const written = {
      base,
      ...Object.fromEntries(Object.entries(families).filter(([name]) => /qwen|mistral/.test(name))),
    };
    for (const [name, expected] of Object.entries(written)) {
      await preheat('models', 'import', `gguf/${name}`, '--name', `gguf-${name}`);
      await preheat('models', 'export', `gguf-${name}`, '--format', 'gguf', '--out', `llama-${name}`);
      expect(await llamaCpp(join(folder, `llama-${name}`, 'model.gguf'), expected), name).toEqual(
        expected.map(({ tokens }) => tokens),
      );
    }
  });
}

/** Prompt and greedy continuation as llama.cpp has them. */
async function llamaCpp(file: string, expected: readonly Computed[]): Promise<number[][]> {
  const script = fileURLToPath(new URL('llama-cpp.mjs', import.meta.url));
  const prompts = JSON.stringify(expected.map(({ prompt }) => prompt));
  const { stdout } = await promisify(execFile)(process.execPath, [script, file, prompts]);
  const results = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { tokens: number[]; written: number[] }[];
  return results.map(({ tokens, written }) => [...tokens, ...written]);
}

it('a model made here computes the same in transformers.js', { timeout: PEER_TIMEOUT_MS }, async () => {
  await preheat('models', 'export', 'preheat-1m', '--format', 'transformers-js', '--out', 'tjs-here');
  const expected = await computedHere(
    'preheat-1m',
    ['cat', 'K AE', 'a word'].map((prompt) => ({ prompt }) as Computed),
  );
  const written = await transformersJs(
    'tjs-here',
    expected.map(({ prompt }) => prompt),
  );
  expect(written).toEqual(expected.map(({ tokens, promptTokens }) => tokens.slice(promptTokens)));
});

/** Greedy tokens after each prompt, from a process of its own: transformers.js opens ONNX Runtime for itself. */
async function transformersJs(name: string, prompts: readonly string[]): Promise<number[][]> {
  const script = fileURLToPath(new URL('transformers-js.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, folder, name, JSON.stringify(prompts)]);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as number[][];
}

async function runOneJob(jobId: string): Promise<void> {
  const executor = createOnnxExecutor({ threads: 1, maxSessions: 8 });
  const { store, jobs, models, clock, ids, log } = api.deps;
  const queue = new MemoryWorkQueue<never>({ clock });
  const deps = {
    store,
    jobs,
    models,
    clock,
    ids,
    log,
    queue,
    executor,
    graders: new GraderPool({ services: {}, clock }),
    runnerId: 'runner-1',
    leaseTtlMs: 600_000,
    rolloutWorkers: 1,
  };
  try {
    const leased = await LeasedJob.acquire(deps, jobId, deps.runnerId, deps.leaseTtlMs);
    if (!leased) throw new Error('the job could not be leased');
    await runJob(deps, leased, new AbortController().signal);
  } finally {
    await executor.dispose();
  }
}
