import type { ChatCompletion } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { chat, chunksOf, complete, MODEL, textOf } from '../test-kit/chat-requests.js';

describe('a buffered completion', () => {
  it('has the shape of the wire', async () => {
    const api = await startApi();
    const answer = await complete(api, { seed: 1, max_completion_tokens: 5 });
    expect(answer).toMatchObject({
      object: 'chat.completion',
      created: 1893456000,
      model: MODEL,
      choices: [{ index: 0, logprobs: null, message: { role: 'assistant', refusal: null } }],
      usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
    });
    expect(answer.id).toMatch(/^chatcmpl-/);
    expect(answer.choices[0]?.finish_reason).toBe('length');
    await api.app.close();
  });

  it('repeats itself with a seed, and gives different choices', async () => {
    const api = await startApi();
    const fields = { seed: 3, n: 3, max_tokens: 12, temperature: 1.5 };
    const first = await complete(api, fields);
    const texts = first.choices.map((choice) => choice.message.content);
    expect(new Set(texts).size).toBe(3);
    expect((await complete(api, fields)).choices).toEqual(first.choices);
    expect((await complete(api, { ...fields, seed: 4 })).choices).not.toEqual(first.choices);
    await api.app.close();
  });

  it('is greedy at temperature 0, whatever the seed, and at top_p 0', async () => {
    const api = await startApi();
    const text = async (fields: object) =>
      (await complete(api, { max_tokens: 8, ...fields })).choices[0]?.message.content;
    const greedy = await text({ temperature: 0, seed: 1 });
    expect(await text({ temperature: 0, seed: 2 })).toBe(greedy);
    expect(await text({ top_p: 0, seed: 3 })).toBe(greedy);
    await api.app.close();
  });

  it('reports log-probabilities and token ids that belong together', async () => {
    const api = await startApi();
    const fields = { temperature: 0, max_tokens: 6, logprobs: true, top_logprobs: 3, return_token_ids: true };
    const [choice] = (await complete(api, fields)).choices;
    const content = choice?.logprobs?.content ?? [];
    const isControl = (token: string) => /^<.+>$/.test(token);
    const text = content.map((entry) => entry.token).filter((token) => !isControl(token));
    expect(text.join('')).toBe(choice?.message.content);
    expect(choice?.token_ids).toHaveLength(6);
    expect(choice?.token_logprobs).toHaveLength(6);
    for (const entry of content) {
      expect(entry.logprob).toBeLessThan(0);
      expect(entry.top_logprobs).toHaveLength(3);
      expect(entry.top_logprobs[0]?.token).toBe(entry.token);
      expect(Buffer.from(entry.bytes ?? []).toString()).toBe(entry.token);
    }
    await api.app.close();
  });

  it('ends at a stop sequence', async () => {
    const api = await startApi();
    const whole = (await complete(api, { seed: 5, max_tokens: 20 })).choices[0]?.message.content ?? '';
    const stop = whole.slice(6, 8);
    const [choice] = (await complete(api, { seed: 5, max_tokens: 20, stop: [stop] })).choices;
    expect(choice?.message.content).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(choice?.finish_reason).toBe('stop');
    await api.app.close();
  });

  it('is not decoded beyond its stop sequence', async () => {
    const api = await startApi();
    const fields = { seed: 5, max_tokens: 100, logit_bias: { 2: -100 } };
    const whole = (await complete(api, fields)).choices[0]?.message.content ?? '';
    const decoded = watched(api);
    const { choices, usage } = await complete(api, { ...fields, n: 2, stop: [whole.slice(3, 5)] });
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: whole.slice(0, 3) } });
    expect(decoded.tokens[0]).toBeLessThan(100);
    expect(usage.completion_tokens).toBeLessThanOrEqual(decoded.tokens.reduce((sum, tokens) => sum + tokens, 0));
    await api.app.close();
  });
});

/** Everything that decoders of the API are asked for, and how many tokens the answers had. */
function watched(api: ApiUnderTest): { tokens: number[] } {
  const { decoders } = api.deps;
  const acquire = decoders.acquire.bind(decoders);
  const seen: { tokens: number[] } = { tokens: [] };
  decoders.acquire = async (...of) => {
    const model = await acquire(...of);
    const generate: typeof model.decoder.generate = async (...asked) => {
      const rows = await model.decoder.generate(...asked);
      seen.tokens.push(...rows.map(({ tokens }) => tokens.length));
      return rows;
    };
    return { ...model, decoder: { ...model.decoder, generate } as typeof model.decoder };
  };
  return seen;
}

describe('a streamed completion', () => {
  it('is the buffered one in pieces: role first, finish reason last, usage when asked for', async () => {
    const api = await startApi();
    const fields = { seed: 9, n: 2, max_tokens: 30 };
    const buffered = await complete(api, fields);
    const response = await chat(api, { ...fields, stream: true, stream_options: { include_usage: true } });
    expect(response.headers['content-type']).toContain('text/event-stream');
    expect(response.body.endsWith('data: [DONE]\n\n')).toBe(true);
    const chunks = chunksOf(response.body);
    for (const choice of buffered.choices) {
      expect(textOf(chunks, choice.index).join('')).toBe(choice.message.content);
      const own = chunks.flatMap(({ choices }) => choices).filter(({ index }) => index === choice.index);
      expect(own[0]?.delta).toEqual({ role: 'assistant', content: '' });
      expect(own.at(-1)).toMatchObject({ delta: {}, finish_reason: choice.finish_reason });
      expect(own.length).toBeGreaterThan(3);
    }
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: buffered.usage });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    await api.app.close();
  });

  it('tells token ids as the buffered one does, and keeps them when it is stored', async () => {
    const api = await startApi();
    const fields = { seed: 9, n: 2, max_tokens: 30, return_token_ids: true };
    const buffered = await complete(api, fields);
    const chunks = chunksOf((await chat(api, { ...fields, stream: true, store: true })).body);
    const told = (index: number) => chunks.flatMap(({ choices }) => choices.filter((one) => one.index === index));
    for (const { index, token_ids, token_logprobs } of buffered.choices) {
      expect(told(index).flatMap((one) => one.token_ids ?? [])).toEqual(token_ids);
      expect(told(index).flatMap((one) => one.token_logprobs ?? [])).toEqual(token_logprobs);
    }
    const stored = await api.call({ url: `/v1/chat/completions/${chunks[0]?.id}` });
    expect((stored.json() as ChatCompletion).choices.map((one) => one.token_ids)).toEqual(
      buffered.choices.map((one) => one.token_ids),
    );
    await api.app.close();
  });

  it('has no usage unless asked for, and stops at a stop sequence', async () => {
    const api = await startApi();
    const whole = (await complete(api, { seed: 5, max_tokens: 20 })).choices[0]?.message.content ?? '';
    const stop = whole.slice(6, 8);
    const chunks = chunksOf((await chat(api, { seed: 5, max_tokens: 20, stop, stream: true })).body);
    expect(textOf(chunks, 0).join('')).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
    await api.app.close();
  });
});

describe('penalties and biases', () => {
  const ids = async (api: ApiUnderTest, fields: object) => {
    const answer = await complete(api, { max_tokens: 24, temperature: 0, return_token_ids: true, ...fields });
    return answer.choices[0]?.token_ids ?? [];
  };

  it('a bias of 100 decides, one of -100 forbids', async () => {
    const api = await startApi();
    const token = (await ids(api, {})).find((id) => id !== 2) as number;
    const biased = await ids(api, { logit_bias: { [token]: 100 }, max_tokens: 4 });
    expect(biased).toEqual([token, token, token, token]);
    expect(await ids(api, { logit_bias: { [token]: -100 } })).not.toContain(token);
    await api.app.close();
  });

  it('penalties change an answer that repeats itself', async () => {
    const api = await startApi();
    const repeats = (tokens: readonly number[]) => tokens.length - new Set(tokens).size;
    const plain = await ids(api, {});
    expect(repeats(plain)).toBeGreaterThan(0);
    expect(repeats(await ids(api, { frequency_penalty: 2, presence_penalty: 2 }))).toBeLessThan(repeats(plain));
    expect(await ids(api, { frequency_penalty: 0, presence_penalty: null, logit_bias: {} })).toEqual(plain);
    await api.app.close();
  });
});

const BAD: [string, object, number, string, string | null][] = [
  ['an unknown model', { model: 'gpt-9' }, 404, 'model_not_found', 'model'],
  ['a name no store could hold', { model: '\ud800' }, 404, 'model_not_found', 'model'],
  ['no messages', { messages: [] }, 400, 'invalid_request', 'messages'],
  ['an unknown role', { messages: [{ role: 'robot', content: '' }] }, 400, 'invalid_request', 'messages.0.role'],
  [
    'content of a wrong type',
    { messages: [{ role: 'user', content: 3 }] },
    400,
    'invalid_request',
    'messages.0.content',
  ],
  [
    'an image',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
    400,
    'invalid_request',
    'messages.0.content.0.type',
  ],
  [
    'a prompt too long',
    { messages: [{ role: 'user', content: 'a'.repeat(500) }] },
    400,
    'context_length_exceeded',
    'messages',
  ],
  ['a completion too long', { max_tokens: 500 }, 400, 'context_length_exceeded', 'max_completion_tokens'],
  ['a control token', { messages: [{ role: 'user', content: '<|end|>' }] }, 400, 'invalid_request', 'messages'],
  ['the older form of tools', { functions: [{ name: 'f' }] }, 400, 'unsupported_parameter', 'functions'],
  [
    'tools without a name',
    { tools: [{ type: 'function', function: {} }] },
    400,
    'invalid_request',
    'tools.0.function.name',
  ],
  [
    'tools where the template cannot list them',
    { tools: [{ type: 'function', function: { name: 'f' } }] },
    400,
    'invalid_request',
    'tools',
  ],
  ['a forced call of nothing', { tools: [], tool_choice: 'required' }, 400, 'invalid_request', 'tool_choice'],
  ['a message without content', { messages: [{ role: 'user' }] }, 400, 'invalid_request', 'messages'],
  ['a penalty out of range', { frequency_penalty: 2.5 }, 400, 'invalid_request', 'frequency_penalty'],
  ['a bias of no token', { logit_bias: { 100000: 1 } }, 400, 'invalid_request', 'logit_bias'],
  ['a bias of text', { logit_bias: { cat: 1 } }, 400, 'invalid_request', 'logit_bias'],
  ['a bias out of range', { logit_bias: { 3: 101 } }, 400, 'invalid_request', 'logit_bias.3'],
  ['a temperature out of range', { temperature: 2.1 }, 400, 'invalid_request', 'temperature'],
  ['top_logprobs alone', { top_logprobs: 2 }, 400, 'invalid_request', 'top_logprobs'],
];

describe('refused', () => {
  it.each(BAD)('%s', async (_, fields, status, code, param) => {
    const api = await startApi();
    for (const stream of [false, true]) {
      const response = await chat(api, { ...fields, stream });
      expect([response.statusCode, response.json()]).toMatchObject([status, { error: { code, param } }]);
    }
  });

  it('a text that no context holds without tokenising it, which would take seconds', async () => {
    const api = await startApi();
    const { models } = api.deps;
    const describe = models.describe.bind(models);
    let encoded = 0;
    models.describe = async (record) => {
      const model = await describe(record);
      const count = <A extends unknown[], R>(method: (...given: A) => R) => {
        return (...given: A): R => {
          encoded++;
          return method(...given);
        };
      };
      const { encode, encodePrompt } = model.tokenizer;
      return { ...model, tokenizer: { ...model.tokenizer, encode: count(encode), encodePrompt: count(encodePrompt) } };
    };
    const content = 'a'.repeat(100_000);
    const long = await chat(api, { messages: [{ role: 'user', content: [{ type: 'text', text: content }] }] });
    const payload = { model: MODEL, prompt: ['a', content] };
    const text = await api.call({ method: 'POST', url: '/v1/completions', payload });
    for (const [response, param] of [
      [long, 'messages'],
      [text, 'prompt'],
    ] as const) {
      expect([response.statusCode, response.json()]).toMatchObject([
        400,
        { error: { code: 'context_length_exceeded', param } },
      ]);
    }
    expect(encoded).toBe(0);
    expect((await chat(api, { max_tokens: 1 })).statusCode).toBe(200);
    expect(encoded).toBeGreaterThan(0);
    await api.app.close();
  });

  it('nothing that equals leaving a field out', async () => {
    const api = await startApi();
    const fields = {
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      frequency_penalty: 0,
      response_format: { type: 'text' },
      store: true,
      stop: null,
    };
    expect((await chat(api, { ...fields, max_tokens: 1 })).statusCode).toBe(200);
    await api.app.close();
  });
});
