import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventStream, hangUp, json, RecordingServer } from './recording-server.js';
import { serverSentMessages } from './server-sent-events.js';

let server: RecordingServer;
beforeEach(async () => {
  server = await RecordingServer.start();
});
afterEach(() => server.stop());

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const request = { model: 'm', messages: [{ role: 'user' as const, content: 'cat' }] };

async function streamed(): Promise<string> {
  let text = '';
  for await (const { choices } of await server.client().chat.completions.create({ ...request, stream: true })) {
    text += choices[0]?.delta.content ?? '';
  }
  return text;
}

describe('chat.completions', () => {
  it('returns a whole completion', async () => {
    server.script(json(200, { object: 'chat.completion', id: 'c' }));
    expect(await server.client().chat.completions.create(request)).toMatchObject({ id: 'c' });
    expect(JSON.parse(server.requests[0]!.body)).toEqual(request);
  });

  it('streams chunks up to [DONE]', async () => {
    server.script(eventStream(`: keep-alive\n\n${chunk('K ')}${chunk('AE')}data: [DONE]\n\n${chunk('after')}`));
    expect(await streamed()).toBe('K AE');
  });

  it('throws an error that arrives in the stream, and one when the stream is cut short', async () => {
    server.script(eventStream(`${chunk('K')}data: {"error":{"message":"out of memory","code":"internal_error"}}\n\n`));
    await expect(streamed()).rejects.toMatchObject({ message: 'out of memory', code: 'internal_error' });
    server.script(eventStream(chunk('K')));
    await expect(streamed()).rejects.toMatchObject({ code: 'stream_error' });
  });
});

describe('evals', () => {
  it('waits for a run through minutes without an answer, and not for ever', async () => {
    server.script(...Array.from({ length: 100 }, () => hangUp), json(200, { id: 'evalrun_1', status: 'failed' }));
    expect(await server.client().evals.runs.wait('eval_1', 'evalrun_1')).toMatchObject({ status: 'failed' });
    server.script(...Array.from({ length: 100 }, () => hangUp));
    const impatient = server.client().evals.runs.wait('eval_1', 'evalrun_1', { maxOutageMs: 10_000 });
    await expect(impatient).rejects.toMatchObject({ code: 'connection_error' });
  });

  it('creates an eval and a run, waits for it and reads its items', async () => {
    server.script(json(201, { id: 'eval_1' }), json(201, { id: 'evalrun_1', status: 'queued' }));
    server.script(
      json(200, { id: 'evalrun_1', status: 'in_progress' }),
      json(200, { id: 'evalrun_1', status: 'completed' }),
    );
    server.script(json(200, { data: [{ id: 'item_1' }], has_more: false }));
    const client = server.client();
    const item_schema = { type: 'object' };
    const grader = { type: 'string_check', name: 'g', input: 'a', reference: 'a', operation: 'eq' };
    await client.evals.create({ data_source_config: { type: 'custom', item_schema }, testing_criteria: [grader] });
    const source = { type: 'file_id' as const, id: 'file-1' };
    await client.evals.runs.create('eval_1', { data_source: { type: 'jsonl', source } });
    expect(server.requests.at(-1)?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
    const states: string[] = [];
    await client.evals.runs.wait('eval_1', 'evalrun_1', { onUpdate: (run) => states.push(run.status) });
    expect(states).toEqual(['in_progress', 'completed']);
    expect(await client.evals.runs.items('eval_1', 'evalrun_1', { status: 'fail' }).toArray()).toHaveLength(1);
    expect(server.requests.at(-1)?.url).toBe('/v1/evals/eval_1/runs/evalrun_1/output_items?status=fail');
  });
});

it('compares two runs of an eval', async () => {
  server.script(json(200, { object: 'eval.comparison', paired_items: 3 }));
  const compared = await server.client().evals.compare('eval_1', { baseline: 'evalrun_1', candidate: 'evalrun_2' });
  expect(compared.paired_items).toBe(3);
  expect(server.requests.at(-1)).toMatchObject({ method: 'POST', url: '/v1/x/evals/eval_1/compare' });
});

describe('serverSentMessages', () => {
  const read = async (...parts: string[]) => {
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(encoder.encode(part));
        controller.close();
      },
    });
    const messages = [];
    for await (const message of serverSentMessages(new Response(body))) messages.push(message);
    return messages;
  };

  it('joins data lines, keeps the id and forgets the event name', async () => {
    expect(await read('event: a\nid: 7\ndata: x\ndata:y\n\ndata: z\n\n')).toEqual([
      { id: '7', event: 'a', data: 'x\ny' },
      { id: '7', event: 'message', data: 'z' },
    ]);
  });

  it('takes all three line endings, split anywhere, and drops an unfinished message', async () => {
    expect(await read('data: a\r', '\n\r\ndata: b\r\rdata: \u00e9', '\n\ndata: lost')).toEqual([
      { id: '', event: 'message', data: 'a' },
      { id: '', event: 'message', data: 'b' },
      { id: '', event: 'message', data: '\u00e9' },
    ]);
  });
});

describe('completions', () => {
  it('returns a whole completion, and streams the pieces of one', async () => {
    const piece = (text: string): string => `data: ${JSON.stringify({ choices: [{ index: 0, text }] })}\n\n`;
    server.script(json(200, { object: 'text_completion', id: 'c' }));
    server.script(eventStream(`${piece('K ')}${piece('AE')}data: [DONE]\n\n`));
    const { completions } = server.client();
    expect(await completions.create({ model: 'm', prompt: 'cat' })).toMatchObject({ id: 'c' });
    let text = '';
    for await (const { choices } of await completions.create({ model: 'm', prompt: 'cat', stream: true })) {
      text += choices[0]?.text ?? '';
    }
    expect(text).toBe('K AE');
    expect(server.requests.map(({ url }) => url)).toEqual(['/v1/completions', '/v1/completions']);
  });
});
