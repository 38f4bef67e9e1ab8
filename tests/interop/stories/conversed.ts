/** Chat with a checkpoint, buffered, streamed and stored, and text; overload: items 7, 8 and 9 of the checklist. */
import { expect } from 'vitest';
import { collect, refusal, type Story } from './story.js';

export async function conversed({ client }: Story, model: string): Promise<void> {
  const request = { model, messages: [{ role: 'user' as const, content: 'cat' }], max_completion_tokens: 12, seed: 7 };
  const whole = await client.chat.completions.create({ ...request, logprobs: true, top_logprobs: 1 });
  const streaming = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
  const streamed = await streaming.finalChatCompletion();
  expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
  expect(streamed.usage).toEqual(whole.usage);
  const unserved = client.chat.completions.create({ ...request, modalities: ['text', 'audio'] });
  expect(await refusal(unserved)).toMatchObject({ code: 'unsupported_parameter', param: 'modalities' });
  const schema = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };
  const held = { type: 'json_schema' as const, json_schema: { name: 'answer', strict: true, schema } };
  const parsed = await client.chat.completions.parse({ ...request, max_completion_tokens: 100, response_format: held });
  expect(typeof (parsed.choices[0]?.message.parsed as { sure: unknown } | null)?.sure).toBe('boolean');
  await heldToConstraints({ client }, request);
  await stored({ client }, request);
  await wentOnFromText({ client }, model);
  await scoredTexts({ client }, model);
}

/** Constraints on values, as OpenAI's structured outputs have them; each alone, since the model writes a token a character. */
async function heldToConstraints(
  { client }: Pick<Story, 'client'>,
  request: { model: string; messages: { role: 'user'; content: string }[] },
): Promise<void> {
  const held = (value: object) => {
    const schema = { type: 'object', properties: { value }, required: ['value'], additionalProperties: false };
    const json_schema = { name: 'answer', strict: true, schema };
    return { ...request, max_completion_tokens: 100, response_format: { type: 'json_schema' as const, json_schema } };
  };
  const kept: readonly (readonly [value: object, form: RegExp])[] = [
    [{ type: 'string', pattern: '^[A-Z]{2}-\\d{3}$' }, /^[A-Z]{2}-\d{3}$/],
    [{ type: 'string', format: 'date' }, /^\d{4}-\d\d-\d\d$/],
    [{ type: 'integer', minimum: 10, maximum: 30, multipleOf: 5 }, /^(?:10|15|20|25|30)$/],
  ];
  for (const [value, form] of kept) {
    const { choices } = await client.chat.completions.parse({ ...held(value), seed: 7 });
    expect(String((choices[0]?.message.parsed as { value: unknown } | null)?.value)).toMatch(form);
  }
  const looking = client.chat.completions.create(held({ type: 'string', pattern: '(?!x)' }));
  const param = 'response_format.json_schema.schema.properties.value.pattern';
  expect(await refusal(looking)).toMatchObject({ code: 'invalid_request', param });
}

/** Log-probabilities of what is given, as evaluation harnesses ask for them: nothing is written. */
async function scoredTexts({ client }: Pick<Story, 'client'>, model: string): Promise<void> {
  const request = { model, prompt: ['cat', 'dogs'], max_tokens: 0, echo: true, logprobs: 1 };
  const { choices, usage } = await client.completions.create(request);
  expect(choices.map(({ text, finish_reason }) => [text, finish_reason])).toEqual([
    ['cat', 'length'],
    ['dogs', 'length'],
  ]);
  expect(usage?.completion_tokens).toBe(0);
  for (const { logprobs } of choices) {
    const { tokens = [], token_logprobs = [], top_logprobs = [] } = logprobs ?? {};
    const given = tokens.map((token, index) => top_logprobs[index]?.[token] ?? null);
    expect(token_logprobs).toEqual(given);
    expect(token_logprobs.map((value) => (value as number | null) === null)).toEqual(
      tokens.map((_, index) => index === 0),
    );
  }
}

async function wentOnFromText({ client }: Pick<Story, 'client'>, model: string): Promise<void> {
  const request = { model, prompt: ['cat', 'dog'], max_tokens: 4, n: 2, seed: 7, echo: true };
  const whole = await client.completions.create({ ...request, logprobs: 2 });
  expect(whole.choices.map(({ text }) => text.slice(0, 3))).toEqual(['cat', 'cat', 'dog', 'dog']);
  expect(whole.choices[0]?.logprobs?.text_offset?.slice(0, 4)).toEqual([0, 1, 2, 3]);
  const streamed = ['', '', '', ''];
  for await (const { choices } of await client.completions.create({ ...request, stream: true })) {
    for (const { index, text } of choices) streamed[index] += text;
  }
  expect(streamed).toEqual(whole.choices.map(({ text }) => text));
}

async function stored(
  { client }: Pick<Story, 'client'>,
  request: { model: string; messages: { role: 'user'; content: string }[]; max_completion_tokens: number },
): Promise<void> {
  const { completions } = client.chat;
  const metadata = { story: 'stored' };
  const kept = await completions.create({ ...request, store: true, metadata });
  expect((await collect(completions.list({ metadata, limit: 1 }))).map(({ id }) => id)).toContain(kept.id);
  expect((await completions.retrieve(kept.id)).choices).toEqual(kept.choices);
  const changed = await completions.update(kept.id, { metadata: { story: 'told' } });
  expect(changed).toMatchObject({ id: kept.id, metadata: { story: 'told' } });
  const messages = await collect(completions.messages.list(kept.id, { limit: 1 }));
  expect(messages.map(({ content }) => content)).toEqual(['cat']);
  expect((await completions.delete(kept.id)).deleted).toBe(true);
}

/** 503 and 429 are tried again after `retry-after-ms`; the third try passes. A broken stream is thrown. */
export async function interrupted({ client, proxy }: Story): Promise<void> {
  for (const status of [503, 429]) {
    const before = proxy.retryCounts.length;
    proxy.interrupt({ status, headers: { 'retry-after-ms': '20' }, times: 2 });
    expect((await client.models.list()).data.length).toBeGreaterThan(0);
    expect(proxy.retryCounts.slice(before)).toEqual(['0', '1', '2']);
  }
  const headers = { 'content-type': 'text/event-stream' };
  const body =
    ': warming\n\nevent: error\ndata: {"error":{"message":"broken","type":"server_error","param":null,"code":"internal_error"}}\n\n';
  proxy.interrupt({ status: 200, headers, body, times: 1 });
  const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
  await expect(collect(stream)).rejects.toThrow('broken');
}
