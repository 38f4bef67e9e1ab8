// @vitest-environment happy-dom
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startShell } from './shell.js';

const KEY = 'right-key';
const job = {
  object: 'fine_tuning.job',
  id: 'ftjob-1',
  status: 'succeeded',
  model: 'preheat-1m',
  created_at: 0,
  error: null,
  progress: { step: 2, total_steps: 2, tokens_per_second: 1_000, eta_seconds: 0 },
  budget: { max_train_seconds: null, max_tokens: 500, max_cost: null },
  scheduling: { priority: 0, deadline: null },
  usage_metrics: { train_seconds: 61, trained_tokens: 400, steps: 4, cost: 0 },
  ended_early: null,
  pipeline: [
    { algorithm: 'sft', status: 'succeeded', model: 'ft:m' },
    { algorithm: 'grpo', status: 'succeeded', model: null },
  ],
};
const waiting = {
  ...job,
  ...{ id: 'ftjob-2', status: 'queued', progress: null },
  queue: { position: 2, estimated_start: { earliest: 60, latest: null }, reason: '1 job ahead', warm: true },
};
const event = (n: number, type: string, message: string, data: object | null) => ({
  object: 'fine_tuning.job.event',
  id: `e${n}`,
  created_at: 0,
  level: 'info',
  type,
  message,
  data,
});
const events = [
  event(1, 'message', 'started <b>now</b>', null),
  event(2, 'metrics', '', { pipeline_step: 1, train_loss: 2.5 }),
  event(3, 'metrics', '', { pipeline_step: 2, train_loss: 0.01, train_mean_reward: 0.75 }),
];
const ANSWERS: Record<string, object | string> = {
  '/v1/models': { data: [{ id: 'preheat-1m' }] },
  '/v1/fine_tuning/jobs?limit=50&after=ftjob-2': { data: [] },
  '/v1/chat/completions': ['K ', '<b>AE</b>']
    .map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
    .concat('data: [DONE]\n\n')
    .join(''),
  '/v1/fine_tuning/jobs?limit=50': { data: [job, waiting], has_more: true },
  '/v1/fine_tuning/jobs/ftjob-2': waiting,
  '/v1/fine_tuning/jobs/ftjob-2/checkpoints': { data: [] },
  '/v1/fine_tuning/jobs/ftjob-2/events?stream=true': ': nothing yet\n\n',
  '/v1/fine_tuning/jobs/ftjob-2/events?limit=200': { data: [] },
  '/v1/fine_tuning/jobs/ftjob-1': job,
  '/v1/fine_tuning/jobs/ftjob-1/events?stream=true': events.map((e) => `data: ${JSON.stringify(e)}\n\n`).join(''),
  '/v1/fine_tuning/jobs/ftjob-1/events?limit=200': { data: [...events].reverse() },
  '/v1/fine_tuning/jobs/ftjob-1/checkpoints': {
    data: [{ id: 'c', step_number: 2, fine_tuned_model_checkpoint: 'ft:m:ckpt-step-2', metrics: { train_loss: 2.5 } }],
  },
  '/v1/evals?order=desc': { data: [{ id: 'eval_1', name: 'held-out words' }] },
  '/v1/evals/eval_1/runs?order=desc': {
    data: [
      {
        id: 'r',
        model: 'ft:m',
        name: 'run',
        status: 'completed',
        created_at: 0,
        result_counts: { total: 4, passed: 3, failed: 1, errored: 0 },
        per_testing_criteria_results: [{ testing_criteria: 'exact', passed: 3, failed: 1 }],
      },
    ],
  },
};

const run = (ANSWERS['/v1/evals/eval_1/runs?order=desc'] as { data: object[] }).data[0]!;
ANSWERS['/v1/evals/eval_1/runs/r'] = { ...run, error: null };
const item = {
  id: 'outputitem_1',
  datasource_item_id: 3,
  status: 'fail',
  sample: { input: [{ content: 'cat' }], output: [{ content: 'K <i>AH</i> T' }], error: null },
  results: [{ name: 'exact', score: 0 }],
};
ANSWERS['/v1/evals/eval_1/runs/r/output_items?limit=50'] = { data: [item] };
ANSWERS['/v1/evals/eval_1/runs/r/output_items?limit=50&status=fail'] = { data: [item], has_more: true };
ANSWERS['/v1/evals/eval_1/runs/r/output_items?limit=50&status=fail&after=outputitem_1'] = { data: [] };

let server: Server;
let bodies: string[];
/** Requests by their path. */
let counts: Map<string, number>;
/** What every request is refused for, while it is set. */
let refusal: string | undefined;
let main: HTMLElement;
let leave: AbortController;
async function answered(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  if (body !== '') bodies.push(body);
  counts.set(request.url ?? '', (counts.get(request.url ?? '') ?? 0) + 1);
  const authorized = request.headers.authorization === `Bearer ${KEY}`;
  const answer = authorized && refusal === undefined ? ANSWERS[request.url ?? ''] : undefined;
  const type = typeof answer === 'string' ? 'text/event-stream' : 'application/json';
  response.writeHead(authorized ? (answer ? 200 : 404) : 401, { 'content-type': type, connection: 'close' });
  const message = authorized ? (refusal ?? `nothing at ${request.url}`) : 'unknown key';
  response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? { error: { message } }));
}

beforeEach(async () => {
  bodies = [];
  counts = new Map();
  refusal = undefined;
  server = createServer((request, response) => void answered(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL(
    `http://127.0.0.1:${port}/dashboard/`,
  );
  sessionStorage.clear();
  leave = new AbortController();
  main = document.createElement('main');
  document.body.replaceChildren(main);
});
afterEach(async () => {
  leave.abort();
  await new Promise((resolve) => server.close(resolve));
});

function show(hash: string, key: string | undefined = KEY): HTMLElement {
  if (key !== undefined) sessionStorage.setItem('preheat-api-key', key);
  location.hash = hash;
  const signOut = document.createElement('button');
  startShell(main, signOut, leave.signal);
  return signOut;
}

const textOf = () => main.textContent ?? '';

describe('the dashboard', () => {
  it('asks for a key, refuses a wrong one and remembers a right one', async () => {
    sessionStorage.clear();
    location.hash = '';
    startShell(main, document.createElement('button'), leave.signal);
    const submit = (key: string): void => {
      main.querySelector('input')!.value = key;
      main.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
    };
    submit('wrong');
    await expect.poll(textOf).toContain('unknown key');
    expect(sessionStorage.length).toBe(0);
    submit(KEY);
    await expect.poll(textOf).toContain('ftjob-1');
    expect(sessionStorage.getItem('preheat-api-key')).toBe(KEY);
  });

  it('asks again when the key has stopped working', async () => {
    show('#/jobs', 'old-key');
    await expect.poll(() => main.querySelector('form')).not.toBeNull();
    expect(sessionStorage.length).toBe(0);
  });

  it('lists jobs with links to them', async () => {
    show('#/jobs');
    await expect.poll(() => main.querySelector('td a')?.getAttribute('href')).toBe('#/jobs/ftjob-1');
    expect(textOf()).toContain('sft → grpo');
    expect(textOf()).toContain('queued, place 2');
  });

  it('leads to older jobs, and back', async () => {
    show('#/jobs');
    const pages = () => [...main.querySelectorAll('nav a')].map((each) => each.getAttribute('href'));
    await expect.poll(pages).toEqual(['#/jobs?after=ftjob-2']);
    location.hash = '#/jobs?after=ftjob-2';
    await expect.poll(textOf).toContain('No more.');
    expect(pages()).toEqual(['#/jobs']);
  });

  it('talks to the model that the address names, and keeps what was said', async () => {
    show(`#/playground/${encodeURIComponent('ft:m:ckpt-step-2')}`);
    const say = async (text: string): Promise<void> => {
      await expect.poll(() => main.querySelector('button[type=submit]:not(:disabled)')).not.toBeNull();
      main.querySelector('textarea')!.value = text;
      main.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
    };
    await say('cat');
    await expect.poll(textOf).toContain('ft:m:ckpt-step-2 K <b>AE</b>');
    expect(main.querySelector('.talk b')).toBeNull();
    await say('dog');
    await expect.poll(() => bodies.length).toBe(2);
    expect(JSON.parse(bodies[1]!)).toMatchObject({
      model: 'ft:m:ckpt-step-2',
      temperature: 1,
      messages: [
        { role: 'user', content: 'cat' },
        { role: 'assistant', content: 'K <b>AE</b>' },
        { role: 'user', content: 'dog' },
      ],
    });
  });

  it('takes the question at once, so that what is typed during the answer stays', async () => {
    show('#/playground');
    await expect.poll(() => main.querySelector('form')).not.toBeNull();
    const field = main.querySelector('textarea')!;
    field.value = 'cat';
    main.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
    expect(field.value).toBe('');
    field.value = 'and a do';
    await expect.poll(() => main.querySelector('button[type=submit]:not(:disabled)')).not.toBeNull();
    expect([field.value, textOf()]).toEqual(['and a do', expect.stringContaining('K <b>AE</b>')]);
  });

  it.each([
    ['', 'cat'],
    ['and a do', 'and a do'],
  ])('puts a question that failed back, unless %j was typed since', async (typed, expected) => {
    show('#/playground');
    await expect.poll(() => main.querySelector('form')).not.toBeNull();
    const field = main.querySelector('textarea')!;
    field.value = 'cat';
    refusal = 'no such model';
    main.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
    field.value = typed;
    await expect.poll(() => main.querySelector('[role=alert]')?.textContent).toBe('no such model');
    expect(field.value).toBe(expected);
  });

  it('shows a job: state, a curve for loss and reward, events as text, checkpoints', async () => {
    show('#/jobs/ftjob-1');
    await expect.poll(() => main.querySelectorAll('figure').length).toBe(2);
    const captions = [...main.querySelectorAll('figcaption')].map((caption) => caption.textContent);
    expect(captions).toEqual(['Loss (SFT): 2.5 at step 1', 'Mean reward (RL): 0.75 at step 2']);
    expect(main.querySelector('.log')?.textContent).toContain('started <b>now</b>');
    expect(main.querySelector('.log b')).toBeNull();
    expect(textOf()).toContain('ft:m:ckpt-step-2');
    expect(main.querySelectorAll('button')).toHaveLength(0);
  });

  it('says of a job that waits what it waits for and when it starts', async () => {
    show('#/jobs/ftjob-2');
    await expect.poll(textOf).toMatch(/Place 2: 1 job ahead; starts .+ or later/);
  });

  it('shows how many items of a run passed', async () => {
    show('#/evals');
    await expect.poll(textOf).toContain('exact: 3 of 4');
    expect(main.querySelector('td a')?.getAttribute('href')).toBe('#/evals/eval_1/runs/r');
  });

  it('keeps evals up to date, and replaces no link where nothing changed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const path = '/v1/evals/eval_1/runs?order=desc';
    const before = ANSWERS[path]!;
    try {
      show('#/evals');
      await expect.poll(textOf).toContain('exact: 3 of 4');
      const [shown, asked] = [main.querySelector('td a'), counts.get(path)!];
      const next = (): void => void vi.advanceTimersByTime(10_000);
      // The second turn begins when the first has drawn.
      await expect.poll(() => (next(), counts.get(path))).toBeGreaterThan(asked + 1);
      expect(main.querySelector('td a')).toBe(shown);
      ANSWERS[path] = {
        data: [{ ...run, per_testing_criteria_results: [{ testing_criteria: 'exact', passed: 4, failed: 0 }] }],
      };
      await expect.poll(() => (next(), textOf())).toContain('exact: 4 of 4');
    } finally {
      ANSWERS[path] = before;
      vi.useRealTimers();
    }
  });

  it('shows the items of a run, those of one status if wanted, a page at a time', async () => {
    show('#/evals/eval_1/runs/r');
    await expect.poll(textOf).toContain('completed: 3 of 4 passed, 1 failed, 0 could not be graded');
    expect([...main.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual([
      '3',
      'fail',
      'cat',
      'K <i>AH</i> T',
      'exact 0',
    ]);
    location.hash = '#/evals/eval_1/runs/r?status=fail';
    const current = () => main.querySelector('[aria-current]')?.textContent;
    await expect.poll(current).toBe('fail');
    const next = [...main.querySelectorAll('a')].find(({ textContent }) => textContent === 'Next');
    location.hash = next!.getAttribute('href')!;
    await expect.poll(textOf).toContain('No items.');
    expect(current()).toBe('fail');
  });

  it('says what the server said when a page cannot be shown', async () => {
    show('#/jobs/ftjob-9');
    await expect
      .poll(() => main.querySelector('[role=alert]')?.textContent)
      .toBe('nothing at /v1/fine_tuning/jobs/ftjob-9');
  });
});
