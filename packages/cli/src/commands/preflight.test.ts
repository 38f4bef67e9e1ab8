import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../cli.js';
import { type Routes, type ScriptedApi, startScriptedApi } from '../test-kit/scripted-api.js';
import { type TestIo, type TestIoOptions, testIo } from '../test-kit/test-io.js';

let api: ScriptedApi | undefined;
afterEach(async () => {
  await api?.stop();
  api = undefined;
});

/** Runs a command line against an API that answers as told. */
async function run(line: string[], routes: Routes, options: TestIoOptions = {}): Promise<TestIo & { code: number }> {
  api = await startScriptedApi(routes);
  const io = testIo({ env: { PREHEAT_BASE_URL: api.baseURL, PREHEAT_API_KEY: 'key-1' }, ...options });
  return { ...io, code: await runCli(line, io) };
}

const DATA = {
  ...{ file: 'file-1', filename: 'rows.jsonl', rows: 3, tokenised_rows: 3, max_sequence_length: 64 },
  tokens: { total: 30, mean: 10, p50: 9, p95: 12, max: 12, trained: 12 },
  ...{ truncated_rows: 0, truncated_tokens: 0, untrained_rows: 0, duplicate_rows: 1, rows_in_training: null },
  ...{
    problem_count: 0,
    problems: [],
    longest_rows: [{ line: 2, tokens: 12 }],
    truncated_lines: [],
    untrained_lines: [],
  },
  ...{ duplicates: [{ line: 3, same_as_line: 1 }], in_training: [] },
  preview: [
    {
      line: 1,
      tokens: [
        { id: 1, text: '\u001b[2J<|user|>\ncat', trained: false, weight: 0 },
        { id: 2, text: 'K ', trained: true, weight: 1 },
        { id: 3, text: 'AE', trained: true, weight: 1 },
      ],
      omitted_tokens: 2,
    },
  ],
};
const RUNNERS = {
  ...{ runner_class: 'local', device: 'cpu', memory_bytes: 8e9, fits: true, basis: 'formula: …' },
  needed: { total: 4e8 },
  train_seconds: { low: 10, high: 200 },
  cost: { low: 0.5, high: 10 },
};
const preflightReport = (more: object = {}) => ({
  ...{ object: 'preflight', model: 'm', ready: true, errors: [], warnings: ['1 rows repeat'], classes: [RUNNERS] },
  trained_tokens: { low: 30, high: 30 },
  phases: [
    {
      ...{ type: 'supervised', algorithm: 'sft', steps: 3, trained_tokens: { low: 30, high: 30 } },
      ...{ training: DATA, validation: null, rewards: null },
    },
  ],
  ...more,
});

describe('preflight', () => {
  const line = ['preflight', 'file-1', '--model', 'm', '--samples', '2', '--force'];
  const routes = (more: object = {}): Routes => ({ 'POST /v1/x/preflight': [preflightReport(more)] });

  it('asks with the body that would create the job, and reports in words', async () => {
    const { code, text } = await run(line, routes());
    expect(code).toBe(0);
    const body = { model: 'm', training_file: 'file-1', preflight: { sample_rows: 2, force: true } };
    expect(JSON.parse(api?.requests[0]?.body ?? '')).toEqual(body);
    expect(text.out).toContain('ready: a job of this request would be queued');
    expect(text.out).toContain('warning: 1 rows repeat');
    expect(text.out).toContain('rows.jsonl: 3 rows, 30 tokens');
    expect(text.out).toMatch(/local +8 GB +400 MB +yes +10s to 3m 20s +0\.5 to 10/);
  });

  it('shows the memory of the machine around a GPU where a class has one', async () => {
    const gpu = { ...RUNNERS, runner_class: 'gpu-16g', host: { memory_bytes: 14e9, needed: { total: 3e9 } } };
    const { text } = await run(line, routes({ classes: [RUNNERS, gpu] }));
    expect(text.out).toMatch(/RUNNERS +MEMORY +NEEDED +HOST +NEEDED +FITS/);
    expect(text.out).toMatch(/gpu-16g +8 GB +400 MB +14 GB +3 GB +yes/);
    expect((await run(line, routes())).text.out).not.toContain('HOST');
  });

  it('marks the trained tokens, in colour on a terminal, and lets no file act on it', async () => {
    expect((await run(line, routes())).text.out).toContain('line 1: \ufffd[2J<|user|>\\ncat[K AE] … 2 more tokens');
    const { text } = await run(line, routes(), { isTTY: true });
    expect(text.out).toContain('cat\u001b[32mK AE\u001b[0m … 2 more tokens');
  });

  it('fails when the job would be refused, and says by what', async () => {
    const error = { message: 'too large', type: 'invalid_request_error', param: 'x.y', code: 'insufficient_memory' };
    const { code, text } = await run(line, routes({ ready: false, errors: [error] }));
    expect(code).toBe(1);
    expect(text.out).toContain('insufficient_memory at x.y: too large');
  });

  it('is the dry run of creating a job', async () => {
    const dry = ['jobs', 'create', '--dry-run', '--model', 'm', '--training-file', 'file-1', '--json'];
    const { code, text } = await run(dry, routes());
    expect([code, api?.requests.map(({ route }) => route)]).toEqual([0, ['POST /v1/x/preflight']]);
    expect(JSON.parse(text.out)).toMatchObject({ object: 'preflight', ready: true });
  });
});
