import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliUnderTest } from '../test-kit/cli-under-test.js';

let cli: CliUnderTest;
beforeEach(() => {
  cli = new CliUnderTest();
});
afterEach(() => cli.close());

describe('eval', () => {
  it('runs every model and prints a row for each criterion', async () => {
    const grader = {
      type: 'string_check',
      name: 'right',
      input: '{{sample.output_text}}',
      reference: 'x',
      operation: 'eq',
    };
    const counts = { total: 2, passed: 1, failed: 1, errored: 0 };
    const result = (passed: boolean) => ({
      results: [{ name: 'right', score: Number(passed), passed }],
      sample: { error: null },
    });
    const { code, text } = await cli.run(
      ['eval', 'file-1', '--model', 'm', '--grader', JSON.stringify(grader), '--prompt', '{{item.word}}'],
      {
        'POST /v1/evals': [{ id: 'eval_1' }],
        'POST /v1/evals/eval_1/runs': [{ id: 'evalrun_1' }],
        'GET /v1/evals/eval_1/runs/evalrun_1': [{ id: 'evalrun_1', status: 'completed', result_counts: counts }],
        'GET /v1/evals/eval_1/runs/evalrun_1/output_items': [{ data: [result(true), result(false)] }],
      },
    );
    expect(text.out).toContain('m      right          0.5000  50.0 %      2');
    expect(code).toBe(0);
    expect(JSON.parse(cli.api!.requests[1]!.body).data_source.input_messages.template).toEqual([
      { role: 'user', content: '{{item.word}}' },
    ]);
  });

  it('asks for several answers to each row and prints pass@k', async () => {
    const pass_at_k = [
      { testing_criteria: null, k: 1, value: 0.25 },
      { testing_criteria: null, k: 4, value: 0.75 },
      { testing_criteria: 'right', k: 1, value: 0.3 },
    ];
    const counts = { total: 4, passed: 1, failed: 3, errored: 0 };
    const { code, text } = await cli.run(['eval', 'file-1', '--model', 'm', '--grader', '{}', '--samples', '4'], {
      'POST /v1/evals': [{ id: 'eval_1' }],
      'POST /v1/evals/eval_1/runs': [{ id: 'evalrun_1' }],
      'GET /v1/evals/eval_1/runs/evalrun_1': [
        { id: 'evalrun_1', status: 'completed', result_counts: counts, pass_at_k },
      ],
      'GET /v1/evals/eval_1/runs/evalrun_1/output_items': [{ data: [] }],
    });
    expect([code, text.out]).toMatchObject([0, expect.stringMatching(/PASS@1 +PASS@4\n.*\nm +25.0 % +75.0 %/)]);
    const { samples_per_item, data_source } = JSON.parse(cli.api!.requests[1]!.body);
    expect([samples_per_item, data_source.sampling_params.temperature]).toEqual([4, 1]);
  });

  it('lists, moves and deletes aliases', async () => {
    const before = { model: 'ft:a', moved_at: 0, fine_tuning_job_id: 'ftjob-1' };
    const alias = { id: 'best', model: 'ft:b', moved_at: 86_400, fine_tuning_job_id: null, previous: [before] };
    const routes = {
      'GET /v1/x/aliases': [{ data: [alias] }],
      'GET /v1/x/aliases/best': [alias],
      'POST /v1/x/aliases/best': [alias],
      'DELETE /v1/x/aliases/best': [{ id: 'best', deleted: true }],
    };
    expect((await cli.run(['aliases'], routes)).text.out).toMatch(/best +ft:b +1970-01-02.* +hand/);
    expect((await cli.run(['aliases', 'get', 'best'], routes)).text.out).toMatch(/\(before\) +ft:a .*ftjob-1/);
    expect((await cli.run(['aliases', 'set', 'best', 'ft:b'], routes)).text.out).toBe('best → ft:b\n');
    expect(JSON.parse(cli.api!.requests.at(-1)!.body)).toEqual({ model: 'ft:b' });
    expect((await cli.run(['aliases', 'delete', 'best'], routes)).text.out).toBe('deleted best\n');
  });

  it('asks a job to publish its model', async () => {
    const job = { 'POST /v1/fine_tuning/jobs': [{ id: 'ftjob-1', pipeline: [] }] };
    const create = ['jobs', 'create', '--model', 'm', '--training-file', 'file-1'];
    await cli.run([...create, '--alias', 'best', '--gate', '{"eval_id":"eval_1"}', '--json'], job);
    expect(JSON.parse(cli.api!.requests.at(-1)!.body).publish).toEqual({ alias: 'best', gate: { eval_id: 'eval_1' } });
    expect((await cli.run([...create, '--gate', '{}'], job)).code).toBe(2);
  });

  it('lists evals and runs, and shows what was answered, harmless to a terminal', async () => {
    const counts = { total: 2, passed: 1, failed: 1, errored: 0 };
    const created = { name: 'words', created_at: 0 };
    const answer = {
      datasource_item_id: 3,
      status: 'fail',
      sample: { input: [{ content: 'cat\nhat' }], output: [{ content: '\u001b[2J' + 'K'.repeat(100) }], error: null },
      results: [{ name: 'right', score: 0.25, passed: false }],
    };
    const ran = { ...created, id: 'evalrun_1', model: 'm', status: 'completed', result_counts: counts };
    const routes = {
      'GET /v1/evals': [{ data: [{ ...created, id: 'eval_1', testing_criteria: [{}] }] }],
      'GET /v1/evals/eval_1/runs': [{ data: [ran] }],
      'GET /v1/evals/eval_1/runs/evalrun_1/output_items': [{ data: [answer] }],
      'DELETE /v1/evals/eval_1/runs/evalrun_1': [{ deleted: true }],
    };
    expect((await cli.run(['evals', 'list'], routes)).text.out).toMatch(/eval_1 +words +1 +1970/);
    expect((await cli.run(['evals', 'runs', 'eval_1'], routes)).text.out).toMatch(
      /evalrun_1 +m +completed +1\/2 +0 +1970/,
    );
    const { text } = await cli.run(['evals', 'items', 'eval_1', 'evalrun_1', '--status', 'fail'], routes);
    expect(text.out).toMatch(/3 +fail +cat\\nhat +\ufffd\[2JK{55}… +right=0\.25\n/);
    expect((await cli.run(['evals', 'delete', 'eval_1', 'evalrun_1'], routes)).text.out).toBe('deleted evalrun_1\n');
  });

  it('makes a webhook endpoint for the ends of jobs, and shows its secret', async () => {
    const endpoint = { id: 'we_1', url: 'https://a.b/c', event_types: ['x'], status: 'enabled', disabled_reason: null };
    const url = `https://a.b/${'c'.repeat(400)}`;
    const { code, text } = await cli.run(['webhooks', 'create', url], {
      'POST /v1/webhook_endpoints': [{ ...endpoint, signing_secret: 'whsec_1' }],
    });
    expect([code, text.out]).toEqual([
      0,
      expect.stringMatching(/we_1 +https:\/\/a\.b\/c +x +enabled\n\nsecret +whsec_1\n/),
    ]);
    expect(JSON.parse(cli.api!.requests[0]!.body)).toEqual({
      url,
      name: 'a.b',
      event_types: ['fine_tuning.job.succeeded', 'fine_tuning.job.failed', 'fine_tuning.job.cancelled'],
    });
  });

  it.each([
    ['a host that is too long', `https://${'h'.repeat(300)}/c`, 'h'.repeat(256)],
    ['no host', 'no address', 'no address'],
  ])('gives an endpoint at an address with %s a name that is short enough', async (_, url, name) => {
    await cli.run(['webhooks', 'create', url], {});
    expect(JSON.parse(cli.api!.requests[0]!.body)).toMatchObject({ url, name });
  });

  it('compares two runs', async () => {
    const side = (name: string, unpaired_items: number) => ({ name, unpaired_items });
    const result = {
      baseline_mean: 0.25,
      candidate_mean: 0.5,
      mean_difference: 0.25,
      interval: { low: -0.01, high: 0.5 },
      p_value: 0.06,
      win_rate: 0.625,
    };
    const { code, text } = await cli.run(['evals', 'compare', 'eval_1', 'evalrun_a', 'evalrun_b', '--seed', '3'], {
      'POST /v1/x/evals/eval_1/compare': [
        {
          baseline: side('before', 0),
          candidate: side('after', 2),
          paired_items: 8,
          confidence: 0.95,
          results: [{ testing_criteria: null, ...result }],
        },
      ],
    });
    expect([code, text.err]).toEqual([0, '']);
    expect(text.out).toContain('8 items of before and after (2 items left out)');
    expect(text.out).toContain('+0.2500 [−0.0100, +0.5000]  0.0600    62.5 %');
    expect(JSON.parse(cli.api!.requests[0]!.body)).toMatchObject({
      baseline: 'evalrun_a',
      candidate: 'evalrun_b',
      seed: 3,
    });
  });

  it('fails when rows could not be evaluated, with the reason of the first', async () => {
    const counts = { total: 2, passed: 1, failed: 0, errored: 1 };
    const passed = { results: [{ name: 'right', score: 1, passed: true }], sample: { error: null } };
    const errored = { results: [], sample: { error: { code: 'invalid_item', message: 'item.word has no value' } } };
    const { code, text } = await cli.run(['eval', 'file-1', '--model', 'm', '--grader', '{}'], {
      'POST /v1/evals': [{ id: 'eval_1' }],
      'POST /v1/evals/eval_1/runs': [{ id: 'evalrun_1' }],
      'GET /v1/evals/eval_1/runs/evalrun_1': [{ id: 'evalrun_1', status: 'completed', result_counts: counts }],
      'GET /v1/evals/eval_1/runs/evalrun_1/output_items': [{ data: [passed, errored] }],
    });
    expect(code).toBe(1);
    expect(text.err).toContain('1 of 2 rows failed with m; the first: item.word has no value');
  });
});
