import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './cli.js';
import { CliUnderTest } from './test-kit/cli-under-test.js';
import { startScriptedApi } from './test-kit/scripted-api.js';
import { testIo } from './test-kit/test-io.js';

let cli: CliUnderTest;
beforeEach(() => {
  cli = new CliUnderTest();
});
afterEach(() => cli.close());

const job = (status: string, extra: object = {}) => ({
  object: 'fine_tuning.job',
  id: 'ftjob-1',
  status,
  model: 'preheat-1m',
  created_at: 0,
  finished_at: null,
  fine_tuned_model: null,
  seed: 7,
  trained_tokens: null,
  error: null,
  progress: null,
  pipeline: [{ algorithm: 'sft', status: 'pending', model: null }],
  budget: { max_train_seconds: null, max_tokens: 500, max_cost: null },
  scheduling: { priority: 0, deadline: null },
  usage_metrics: { train_seconds: 61, trained_tokens: 400, steps: 4, cost: 0 },
  ended_early: null,
  ...extra,
});

describe('usage', () => {
  it('prints help with examples and exits 0', async () => {
    const { code, text } = await cli.run(['jobs', 'create', '--help']);
    expect(code).toBe(0);
    expect(text.out).toContain('preheat jobs create --model preheat-1m --training-file rows.jsonl --watch');
    expect(text.out).toContain('--base-url');
  });

  it.each([
    [['nope'], "unknown command 'nope'"],
    [['jobs', 'list', '--limit', '0'], 'Expected a whole number of at least 1.'],
    [['chat', 'm', 'hi', '--temperature', '3'], 'Expected a number from 0 to 2.'],
    [['jobs', 'create', '--metadata', 'x'], 'Expected key=value.'],
    [['jobs', 'create', '--training-file', 'rows.jsonl'], 'a job needs a model'],
    [['jobs', 'create', '--model', 'm'], 'a job needs training rows'],
    [['jobs', 'create', '--model', 'm', '--training-file', 'rows.jsonl'], 'neither a file here nor a file id'],
    [['files', 'upload', 'rows.jsonl'], 'rows.jsonl is not a file here'],
    [['files', 'upload', '.'], '. is not a file here'],
    [['models', 'list', '--base-url', 'localhost'], 'expected an http(s) address'],
    [['dev', '--port', '65536'], 'Expected a whole number from 0 to 65535.'],
    [['jobs', 'create', '--file', '{"model":"m","training_file":3}'], '3 is neither a path nor a file id'],
    [['dev', '--log-level', 'loud'], 'Allowed choices are debug, info, warn, error'],
    [['jobs', 'create', '--file', '{"model":'], 'the JSON given is not valid JSON'],
    [['jobs', 'create', '--file', 'none.json'], 'cannot read none.json'],
    [['jobs', 'create', '--model', 'm', '--training-file', 'file-1', '--method', 'reinforcement'], 'needs a grader'],
  ])('answers %j with exit code 2 and what is wrong', async (line, message) => {
    const { code, text } = await cli.run(line);
    expect(text.err).toContain(message);
    expect(code).toBe(2);
    expect(cli.api?.requests).toEqual([]);
  });

  it('asks for a key when none is known', async () => {
    const { code, text } = await cli.run(['models'], {}, { env: {} });
    expect(code).toBe(2);
    expect(text.err).toContain('no API key for http://127.0.0.1:8787/v1');
  });
});

describe('connection', () => {
  it('suggests `preheat dev` when nobody answers', async () => {
    const deaf = await startScriptedApi({});
    await deaf.stop();
    const { code, text } = await cli.run(['models', '--base-url', deaf.baseURL]);
    expect(code).toBe(1);
    expect(text.err).toContain('Is `preheat dev` running?');
  });

  it('finds the platform of this cli.folder, and sends its key nowhere else', async () => {
    const api = await cli.answering({ 'GET /v1/models': [{ data: [{ id: 'm', owned_by: 'preheat', created: 0 }] }] });
    mkdirSync(join(cli.folder, '.preheat'));
    cli.file('.preheat/connection.json', JSON.stringify({ baseURL: api.baseURL, apiKey: 'local-key' }));
    const io = testIo({ cwd: cli.folder });
    expect(await runCli(['models'], io)).toBe(0);
    expect(api.requests[0]?.authorization).toBe('Bearer local-key');
    expect(await runCli(['models', '--base-url', 'http://127.0.0.1:1234/v1'], io)).toBe(2);
  });

  it('says which file is damaged when it cannot be read', async () => {
    mkdirSync(join(cli.folder, '.preheat'));
    cli.file('.preheat/connection.json', '{"baseURL"');
    const { code, text } = await cli.run(['models']);
    expect(code).toBe(2);
    expect(text.err).toMatch(/\.preheat\/connection\.json is damaged \(.*\): delete it/);
  });

  it('does not start where nothing can be kept, or where a platform already runs', async () => {
    cli.file('taken', '');
    const refused = await cli.run(['dev', '--data-dir', 'taken', '--port', '0']);
    expect([refused.code, refused.text.err]).toEqual([2, expect.stringContaining('nothing can be kept in')]);
    const api = await cli.answering({ 'GET /v1/models': [{ data: [] }] });
    mkdirSync(join(cli.folder, '.preheat'));
    cli.file('.preheat/connection.json', JSON.stringify({ baseURL: api.baseURL, apiKey: 'local-key' }));
    const io = testIo({ cwd: cli.folder });
    expect(await runCli(['dev', '--port', '0'], io)).toBe(2);
    expect(io.text.err).toContain(`already runs over ${join(cli.folder, '.preheat')}, at ${api.baseURL}`);
  });

  it('stops any command at the first Ctrl-C, however long the platform takes', async () => {
    const silent = createServer(() => io.interrupt());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const baseURL = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`;
    const io = testIo({ cwd: cli.folder });
    expect(await runCli(['jobs', 'list', '--base-url', baseURL, '--api-key', 'k'], io)).toBe(130);
    expect(io.text.err).toBe('');
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('shows what the server said, with field, code and status', async () => {
    const { code, text } = await cli.run(['jobs', 'get', 'ftjob-9']);
    expect(code).toBe(1);
    expect(text.err).toBe('preheat: nothing at GET /v1/fine_tuning/jobs/ftjob-9\n  (code not_found, HTTP 404)\n');
  });
});

describe('files', () => {
  it('writes the content of a file byte for byte', async () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00, 0xc3]);
    const store = createServer((_request, response) => void response.end(bytes));
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const env = {
      PREHEAT_API_KEY: 'k',
      PREHEAT_BASE_URL: `http://127.0.0.1:${(store.address() as AddressInfo).port}/v1`,
    };
    const io = testIo({ env, cwd: cli.folder });
    expect(await runCli(['files', 'get', 'file-1', '--content'], io)).toBe(0);
    expect(Buffer.from(io.text.out, 'latin1')).toEqual(bytes);
    await new Promise((resolve) => store.close(resolve));
  });
});

describe('jobs', () => {
  const routes = {
    'POST /v1/files': [{ id: 'file-7', bytes: 3 }],
    'POST /v1/fine_tuning/jobs': [job('queued')],
    'GET /v1/fine_tuning/jobs/ftjob-1': [job('running'), job('succeeded', { fine_tuned_model: 'ft:m' })],
    'GET /v1/fine_tuning/jobs/ftjob-1/events': [
      {
        data: [
          {
            object: 'fine_tuning.job.event',
            id: 'e1',
            created_at: 0,
            level: 'info',
            type: 'message',
            message: 'hello',
          },
        ],
      },
    ],
  };

  it('creates one from flags over a file, uploading the path of its rows', async () => {
    cli.file('rows.jsonl', '{}\n');
    cli.file('job.json', JSON.stringify({ model: 'other', seed: 1, training_file: 'rows.jsonl' }));
    const line = [
      'jobs',
      'create',
      '--file',
      'job.json',
      '--model',
      'preheat-1m',
      '--hyperparameter',
      'n_epochs=2',
      '--json',
    ];
    const { code, text } = await cli.run(line, routes);
    expect(text.err).toBe('uploaded rows.jsonl (3 bytes) as file-7\n');
    expect(code).toBe(0);
    expect(JSON.parse(text.out)).toMatchObject({ id: 'ftjob-1' });
    expect(JSON.parse(cli.api!.requests.at(-1)!.body)).toEqual({
      model: 'preheat-1m',
      seed: 1,
      training_file: 'file-7',
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 2 } } },
    });
  });

  it('uploads the files of phases too, each once', async () => {
    cli.file('sft.jsonl', '{}');
    cli.file('rl.jsonl', '{}');
    const pipeline = [
      { type: 'supervised' },
      { type: 'reinforcement', training_file: 'rl.jsonl', validation_file: 'sft.jsonl' },
    ];
    const line = [
      'jobs',
      'create',
      '--model',
      'm',
      '--training-file',
      'sft.jsonl',
      '--pipeline',
      JSON.stringify(pipeline),
    ];
    const { code } = await cli.run([...line, '--json'], {
      'POST /v1/files': [{ id: 'file-1' }, { id: 'file-2' }],
      'POST /v1/fine_tuning/jobs': [job('queued')],
    });
    expect(code).toBe(0);
    expect(cli.api!.requests).toHaveLength(3);
    expect(JSON.parse(cli.api!.requests.at(-1)!.body)).toEqual({
      model: 'm',
      training_file: 'file-1',
      pipeline: [{ type: 'supervised' }, { type: 'reinforcement', training_file: 'file-2', validation_file: 'file-1' }],
    });
  });

  it('goes on watching through an outage, and says so', async () => {
    const away = Array.from({ length: 20 }, () => null);
    const watched = await cli.run(['jobs', 'watch', 'ftjob-1'], {
      ...routes,
      'GET /v1/fine_tuning/jobs/ftjob-1': [...away, ...routes['GET /v1/fine_tuning/jobs/ftjob-1']],
    });
    expect(watched.code).toBe(0);
    expect(watched.text.err).toMatch(/ftjob-1: cannot reach .*; asking again/);
  });

  it('watches to the end and exits by how it ended', async () => {
    const won = await cli.run(['jobs', 'watch', 'ftjob-1'], routes);
    expect(won.code).toBe(0);
    expect(won.text.err).toContain('hello\n');
    expect(won.text.out).toContain('ft:m');
    const failed = job('failed', { error: { message: 'row 3 is too long', code: 'row_too_long', param: null } });
    const lost = await cli.run(['jobs', 'watch', 'ftjob-1'], {
      ...routes,
      'GET /v1/fine_tuning/jobs/ftjob-1': [failed],
    });
    expect(lost.code).toBe(1);
    expect(lost.text.out).toContain('row 3 is too long (row_too_long)');
    expect(lost.text.err).toContain('preheat: the job failed');
  });

  it('says of one that waits its place, what it waits for and between which times it starts', async () => {
    const start = { earliest: 3_600, latest: 7_200 };
    const queue = { position: 2, estimated_start: start, reason: '1 job ahead; the runner is busy', warm: true };
    const waiting = { ...routes, 'GET /v1/fine_tuning/jobs/ftjob-1': [job('queued', { queue })] };
    expect((await cli.run(['jobs', 'get', 'ftjob-1'], waiting)).text.out).toContain(
      'waits           place 2: 1 job ahead; the runner is busy; starts 1970-01-01 01:00:00 to 1970-01-01 02:00:00 UTC\n',
    );
    const open = { ...queue, estimated_start: { ...start, latest: null } };
    const unknown = { ...routes, 'GET /v1/fine_tuning/jobs/ftjob-1': [job('queued', { queue: open })] };
    expect((await cli.run(['jobs', 'get', 'ftjob-1'], unknown)).text.out).toContain(
      'starts 1970-01-01 01:00:00 UTC or later\n',
    );
  });

  it('prints events as lines or as JSON lines', async () => {
    expect((await cli.run(['jobs', 'events', 'ftjob-1'], routes)).text.out).toBe('1970-01-01 00:00:00  info   hello\n');
    expect(JSON.parse((await cli.run(['jobs', 'events', 'ftjob-1', '--json'], routes)).text.out)).toMatchObject({
      id: 'e1',
    });
  });

  it('leaves the job alone when interrupted, says so, and exits 130', async () => {
    const api = await cli.answering({ ...routes, 'GET /v1/fine_tuning/jobs/ftjob-1': [job('running')] });
    const io = testIo({ env: { PREHEAT_BASE_URL: api.baseURL, PREHEAT_API_KEY: 'k' } });
    const code = runCli(['jobs', 'watch', 'ftjob-1'], io);
    await expect.poll(() => io.text.err).toContain('hello');
    io.interrupt();
    expect(await code).toBe(130);
    expect(io.text.err).toContain('the job goes on: preheat jobs watch ftjob-1');
  });
});

describe('chat', () => {
  const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
  const routes = { 'POST /v1/chat/completions': [`${chunk('K ')}${chunk('AE T')}data: [DONE]\n\n`] };

  it('streams the answer to a message, or to standard input', async () => {
    const { code, text } = await cli.run(['chat', 'm', 'cat', '--temperature', '0', '--system', 'Spell.'], routes);
    expect([code, text.out]).toEqual([0, 'K AE T\n']);
    expect(JSON.parse(cli.api!.requests[0]!.body)).toMatchObject({
      model: 'm',
      temperature: 0,
      messages: [
        { role: 'system', content: 'Spell.' },
        { role: 'user', content: 'cat' },
      ],
    });
    await cli.run(['chat', 'm'], routes, { stdin: 'dog\n' });
    expect(JSON.parse(cli.api!.requests[0]!.body).messages).toEqual([{ role: 'user', content: 'dog' }]);
    const empty = await cli.run(['chat', 'm'], routes);
    expect(empty.code).toBe(2);
  });
});

describe('a conversation', () => {
  it('keeps what was said before', async () => {
    const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    const routes = { 'POST /v1/chat/completions': [`${chunk('K')}data: [DONE]\n\n`, `${chunk('D')}data: [DONE]\n\n`] };
    const { code, text } = await cli.run(['chat', 'm'], routes, { stdin: 'cat\n\ndog\n', isTTY: true });
    expect([code, text.out]).toEqual([0, 'K\nD\n']);
    expect(JSON.parse(cli.api!.requests[1]!.body).messages.map(({ content }: { content: string }) => content)).toEqual([
      'cat',
      'K',
      'dog',
    ]);
  });

  it('goes on after a question that could not be answered, without it', async () => {
    const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    const refused = `data: ${JSON.stringify({ error: { message: 'too long', code: 'context_length_exceeded' } })}\n\n`;
    const routes = { 'POST /v1/chat/completions': [refused, `${chunk('D')}data: [DONE]\n\n`] };
    const { code, text } = await cli.run(['chat', 'm'], routes, { stdin: 'cat\ndog\n', isTTY: true });
    expect([code, text.out]).toEqual([0, 'D\n']);
    expect(text.err).toContain('too long');
    expect(JSON.parse(cli.api!.requests[1]!.body).messages).toEqual([{ role: 'user', content: 'dog' }]);
  });
});
