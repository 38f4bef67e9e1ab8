import type { TextCompletion } from '@preheat/contracts';
import { expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';

const MODEL = 'preheat-1m';

const ask = (api: ApiUnderTest, fields: object) =>
  api.call({ method: 'POST', url: '/v1/completions', payload: { model: MODEL, prompt: 'cat', ...fields } });

async function complete(api: ApiUnderTest, fields: object): Promise<TextCompletion> {
  const response = await ask(api, fields);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json() as TextCompletion;
}

async function refusalOf(api: ApiUnderTest, fields: object) {
  const response = await ask(api, fields);
  return { status: response.statusCode, ...(response.json() as { error: { param: string; message: string } }).error };
}

it('answers one prompt with sixteen tokens unless told otherwise', async () => {
  const api = await startApi();
  const answer = await complete(api, { seed: 1, temperature: 0 });
  expect(answer).toMatchObject({ object: 'text_completion', model: MODEL, choices: [{ index: 0, logprobs: null }] });
  expect(answer.id).toMatch(/^cmpl-/);
  const { completion_tokens = 0 } = answer.usage ?? {};
  expect(completion_tokens === 16 || answer.choices[0]?.finish_reason === 'stop').toBe(true);
  await api.app.close();
});

it('answers several prompts, as text or as ids, each with its choices behind it', async () => {
  const api = await startApi();
  const fields = { n: 2, max_tokens: 6, seed: 3, temperature: 1.5, echo: true };
  const asText = await complete(api, { ...fields, prompt: ['cat', 'dog'] });
  expect(asText.choices.map(({ index, text }) => [index, text.slice(0, 3)])).toEqual([
    [0, 'cat'],
    [1, 'cat'],
    [2, 'dog'],
    [3, 'dog'],
  ]);
  expect(asText.choices[0]?.text).not.toBe(asText.choices[1]?.text);
  const { tokenizer } = await api.deps.models.describe((await api.deps.models.find('p', MODEL)) as never);
  const ids = ['cat', 'dog'].map((text) => [...[tokenizer.specialIds.bos ?? []].flat(), ...tokenizer.encode(text)]);
  expect((await complete(api, { ...fields, prompt: ids })).choices).toEqual(asText.choices);
  expect((await complete(api, { ...fields, prompt: ids[0] })).choices).toEqual(asText.choices.slice(0, 2));
  await api.app.close();
});

it('reports log-probabilities token by token, placed in the text', async () => {
  const api = await startApi();
  const fields = { temperature: 0, max_tokens: 6, logprobs: 3 };
  const [choice] = (await complete(api, { ...fields, echo: true })).choices;
  const [answer] = (await complete(api, fields)).choices;
  const { tokens = [], token_logprobs = [], top_logprobs = [], text_offset = [] } = choice?.logprobs ?? {};
  expect(tokens.slice(-6)).toEqual(answer?.logprobs?.tokens);
  expect(text_offset.slice(-6)).toEqual(answer?.logprobs?.text_offset.map((offset) => offset + 'cat'.length));
  expect([token_logprobs[0], top_logprobs[0], text_offset[0]]).toEqual([null, null, 0]);
  for (const [index, token] of tokens.entries()) {
    const isControl = /^<.+>$/.test(token);
    if (!isControl) expect(choice?.text.slice(text_offset[index]).startsWith(token)).toBe(true);
    if (index === 0) continue;
    const alternatives = Object.values(top_logprobs[index] ?? {});
    expect(top_logprobs[index]?.[token]).toBe(token_logprobs[index]);
    expect(alternatives.length === 3 || alternatives.length === 4).toBe(true);
    // What was drawn is the most probable at temperature 0; what was given need not be.
    if (index >= tokens.length - 6) expect(Math.max(...alternatives)).toBe(token_logprobs[index]);
  }
  await api.app.close();
});

it('scores prompts without writing anything, each as the model does alone', async () => {
  const api = await startApi();
  const record = await api.deps.models.find('p', MODEL);
  const { tokenizer } = await api.deps.models.describe(record as never);
  const prompts = ['The cat sat.', 'cat', 'x', 'The cats sat on a mat.'].map((text) => [...tokenizer.encode(text)]);
  const fields = { prompt: prompts, max_tokens: 0, echo: true, logprobs: 1 };
  const { choices, usage } = await complete(api, fields);
  const model = await api.deps.decoders.acquire(record as never);
  for (const [index, tokens] of prompts.entries()) {
    const { text, finish_reason, logprobs } = choices[index] ?? {};
    expect([text, finish_reason]).toEqual([tokenizer.decode(tokens), 'length']);
    expect(logprobs?.tokens).toHaveLength(tokens.length);
    const [alone] = tokens.length > 1 ? await model.decoder.score([{ tokens, from: 1 }]) : [];
    const [first, ...rest] = logprobs?.token_logprobs ?? [];
    expect(first).toBeNull();
    for (const [place, logProb] of rest.entries()) {
      expect(Math.abs((logProb as number) - (alone?.logProbs[place] as number))).toBeLessThan(1e-5);
    }
  }
  await model.release();
  expect(usage).toMatchObject({ prompt_tokens: prompts.flat().length, completion_tokens: 0 });
  expect((await complete(api, { ...fields, n: 2, prompt: 'cat' })).choices.map(({ logprobs }) => logprobs)).toEqual([
    choices[1]?.logprobs,
    choices[1]?.logprobs,
  ]);
  expect((await complete(api, { max_tokens: 0 })).choices).toEqual([
    { index: 0, text: '', finish_reason: 'length', logprobs: null },
  ]);
  const streamed = await ask(api, { ...fields, stream: true });
  const chunks = streamed.body.split('\n\n').filter((frame) => frame.startsWith('data: {'));
  const parsed = chunks.map((frame) => JSON.parse(frame.slice('data: '.length)) as TextCompletion);
  expect(parsed.flatMap((chunk) => chunk.choices)).toEqual(choices);
  await api.app.close();
});

it('streams what it would answer in one piece, with the usage where it is asked for', async () => {
  const api = await startApi();
  const fields = { prompt: ['cat', 'dog'], max_tokens: 9, seed: 5, logprobs: 1, echo: true };
  const whole = await complete(api, fields);
  const response = await ask(api, { ...fields, stream: true, stream_options: { include_usage: true } });
  const frames = response.body.split('\n\n').filter((frame) => frame.startsWith('data: '));
  expect(frames.at(-1)).toBe('data: [DONE]');
  const chunks = frames.slice(0, -1).map((frame) => JSON.parse(frame.slice('data: '.length)) as TextCompletion);
  for (const { index, text, finish_reason, logprobs } of whole.choices) {
    const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
    expect(own.map((choice) => choice.text).join('')).toBe(text);
    expect(own.at(-1)?.finish_reason).toBe(finish_reason);
    expect(own.flatMap((choice) => choice.logprobs?.tokens ?? [])).toEqual(logprobs?.tokens);
    expect(own[0]?.logprobs?.token_logprobs[0]).toBeNull();
    expect(own.flatMap((choice) => choice.logprobs?.text_offset ?? [])).toEqual(logprobs?.text_offset);
  }
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  await api.app.close();
});

it('refuses by name what it does not do', async () => {
  const api = await startApi();
  expect(await refusalOf(api, { suffix: 'x' })).toMatchObject({ status: 400, param: 'suffix' });
  expect(await refusalOf(api, { best_of: 3 })).toMatchObject({ status: 400, param: 'best_of' });
  expect(await refusalOf(api, { prompt: [9999] })).toMatchObject({
    status: 400,
    param: 'prompt',
    message: expect.stringMatching(/token ids go from 0 to \d+, got 9999/),
  });
  expect(await refusalOf(api, { max_tokens: 5000 })).toMatchObject({ status: 400, param: 'max_tokens' });
  const many = { prompt: new Array(100).fill('a'), n: 20 };
  expect(await refusalOf(api, many)).toMatchObject({ status: 400, param: 'n' });
  const scored = { prompt: new Array(64).fill('a'.repeat(100)), n: 11, max_tokens: 0, logprobs: 0 };
  expect(await refusalOf(api, { ...scored, echo: true })).toMatchObject({
    status: 400,
    param: 'prompt',
    message: expect.stringMatching(/the log-probabilities of 65536 tokens of prompts; these have 70400/),
  });
  expect((await complete(api, { ...scored, echo: false })).choices).toHaveLength(704);
  expect((await complete(api, { n: 2, best_of: 2, suffix: '', max_tokens: 1 })).choices).toHaveLength(2);
  await api.app.close();
});
