/** A model that takes long to load: what clients see meanwhile, and that the wait is not lost. */
import type { ChatCompletion } from '@preheat/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServedModel } from '../serving/decoder-serving.js';
import type { AppOptions } from '../api-context.js';
import { type ApiUnderTest, KEY, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';

const MODEL = 'preheat-1m';
const CHAT = { model: MODEL, messages: [{ role: 'user', content: 'cat' }], max_tokens: 2 };
const TEXT = { model: MODEL, prompt: 'cat', max_tokens: 2 };
const ROUTES: [string, object][] = [
  ['/v1/chat/completions', CHAT],
  ['/v1/completions', TEXT],
];

let api: ApiUnderTest;
/** Models given back. */
let released: number;
/** What giving a model back fails with. */
let releaseError: Error | undefined;
let finishLoading: () => void;
/** Requests that wait for the model. */
let waiting: number;

beforeEach(() => start());
afterEach(() => api.app.close());

async function start(options: Partial<AppOptions> = {}): Promise<void> {
  api = await startApi(options);
  const { decoders } = api.deps;
  const acquire = decoders.acquire.bind(decoders);
  const loaded = new Promise<void>((resolve) => (finishLoading = resolve));
  released = 0;
  releaseError = undefined;
  waiting = 0;
  decoders.acquire = async (record, projectId): Promise<ServedModel> => {
    waiting++;
    await loaded;
    const model = await acquire(record, projectId);
    const release = async () => {
      released++;
      await model.release();
      if (releaseError) throw releaseError;
    };
    return { ...model, release };
  };
}

const ask = (url: string, payload: object, key = KEY) => api.call({ method: 'POST', url, payload, key });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const untilWaiting = async (count: number): Promise<void> => {
  while (waiting < count) await turn();
};

it.each(ROUTES)(
  '%s: a request is held, then told when to come again; the next try finds the model',
  async (url, body) => {
    const early = ask(url, body);
    await untilWaiting(1);
    await api.clock.advance(49_000);
    const late = ask(url, body);
    await untilWaiting(2);
    await api.clock.advance(1_000);
    const refused = await early;
    expect(refused.statusCode).toBe(503);
    const { error } = refused.json() as { error: { code: string; message: string } };
    expect([error.code, error.message]).toEqual([
      'overloaded',
      expect.stringContaining('still being loaded after 50 s'),
    ]);
    const waitSeconds = Number(refused.headers['retry-after']);
    expect(waitSeconds > 0 && waitSeconds <= 60).toBe(true);
    expect(refused.headers['x-should-retry']).not.toBe('false');
    finishLoading();
    expect((await late).statusCode).toBe(200);
    expect((await ask(url, body)).statusCode).toBe(200);
    // Also by the request that was refused.
    expect(released).toBe(3);
  },
);

it.each(ROUTES)('%s: a stream comments on the wait, and goes on', async (url, body) => {
  const stream = ask(url, { ...body, stream: true });
  await untilWaiting(1);
  for (let waited = 0; waited < 21_000; waited += 1_000) await api.clock.advance(1_000);
  finishLoading();
  const { body: text } = await stream;
  expect(text.match(/^: warming$/gm)).toHaveLength(4);
  expect(text.startsWith(': warming\n\n')).toBe(true);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

it('a stream ends with an error before the client gives up', async () => {
  const stream = ask('/v1/chat/completions', { ...CHAT, stream: true });
  await untilWaiting(1);
  for (let waited = 0; waited < 545_000; waited += 5_000) await api.clock.advance(5_000);
  const { body: text } = await stream;
  const last = text.trimEnd().split('\n\n').at(-1) ?? '';
  expect(last).toMatch(/^event: error\ndata: /);
  expect(last).toContain('"code":"overloaded"');
  finishLoading();
});

it.each(ROUTES)('%s: a model that comes late and cannot be given back is logged', async (url, body) => {
  const refused = ask(url, body);
  await untilWaiting(1);
  await api.clock.advance(50_000);
  expect((await refused).statusCode).toBe(503);
  releaseError = new Error('a thread of another model died');
  finishLoading();
  while (released < 1) await turn();
  await turn();
  expect(api.logged.at(-1)).toMatchObject({ level: 'warn', fields: { error: releaseError } });
});

it('a process that is stopped in the middle of answers says before that the model is not there', async () => {
  await api.app.close();
  await start({ answerLimitMs: 40_000 });
  const [held, stream] = [ask('/v1/chat/completions', CHAT), ask('/v1/completions', { ...TEXT, stream: true })];
  await untilWaiting(2);
  for (let waited = 0; waited < 30_000; waited += 5_000) await api.clock.advance(5_000);
  expect((await held).statusCode).toBe(503);
  expect((await stream).body).toContain('"code":"overloaded"');
  finishLoading();
});

it.each(ROUTES)('%s: what one project asked makes nothing faster for another', async (url, body) => {
  finishLoading();
  const words = 'a long question that only one of two projects has asked';
  const payload = {
    ...body,
    ...('prompt' in body ? { prompt: words } : { messages: [{ role: 'user', content: words }] }),
  };
  const cached = async (key: string) =>
    ((await ask(url, payload, key)).json() as ChatCompletion).usage.prompt_tokens_details.cached_tokens;
  expect(await cached(KEY)).toBe(0);
  expect(await cached(OTHER_KEY)).toBe(0);
  expect(await cached(KEY)).toBeGreaterThan(0);
});

it('tells how much of a prompt was there from a request before, buffered and streamed', async () => {
  finishLoading();
  const messages = [{ role: 'user', content: 'a long question that begins like another' }];
  const cached = async (fields: object) =>
    ((await ask('/v1/chat/completions', { ...CHAT, messages, ...fields })).json() as ChatCompletion).usage;
  expect((await cached({})).prompt_tokens_details.cached_tokens).toBe(0);
  const usage = await cached({ n: 2 });
  // All but the last token, which is where decoding begins.
  expect(usage.prompt_tokens_details.cached_tokens).toBe(usage.prompt_tokens - 1);
  const { body } = await ask('/v1/chat/completions', {
    ...CHAT,
    messages,
    n: 2,
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(body).toContain(`"cached_tokens":${usage.prompt_tokens - 1}`);
  const prompt = ['a long text that is asked for twice', 'and another text that is asked once'];
  const text = async () => (await ask('/v1/completions', { ...TEXT, prompt, n: 2 })).json() as ChatCompletion;
  await text();
  const second = (await text()).usage;
  expect(second.prompt_tokens_details.cached_tokens).toBe(second.prompt_tokens - 2);
});
