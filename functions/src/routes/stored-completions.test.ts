import type { ChatCompletion } from '@preheat/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';

const URL = '/v1/chat/completions';
let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

const complete = (fields: object) =>
  api.call({
    method: 'POST',
    url: URL,
    payload: { model: 'preheat-1m', messages: [{ role: 'user', content: 'cat' }], max_tokens: 6, seed: 3, ...fields },
  });

it('keeps what was asked to be kept, finds it by metadata, changes and deletes it', async () => {
  const kept = (await complete({ store: true, metadata: { team: 'a' } })).json() as ChatCompletion;
  const other = (await complete({ store: true, metadata: { team: 'b' } })).json() as ChatCompletion;
  await complete({ metadata: { team: 'a' } });
  const list = async (query = '') => (await api.call({ url: `${URL}${query}` })).json();
  expect((await list()).data.map(({ id }: ChatCompletion) => id)).toEqual([kept.id, other.id]);
  expect((await list('?metadata[team]=b')).data).toEqual([{ ...other, metadata: { team: 'b' } }]);
  expect((await list('?model=preheat-9m')).data).toEqual([]);
  expect((await list('?limit=1&order=desc')).data[0].id).toBe(other.id);
  const url = `${URL}/${kept.id}`;
  const changed = await api.call({ method: 'POST', url, payload: { metadata: { team: 'c' } } });
  expect(changed.json()).toEqual({ ...kept, metadata: { team: 'c' } });
  const messages = (await api.call({ url: `${url}/messages` })).json();
  expect(messages.data).toEqual([{ id: `${kept.id}-0`, role: 'user', content: 'cat' }]);
  for (const method of ['GET', 'DELETE'] as const)
    expect((await api.call({ method, url, key: OTHER_KEY })).statusCode).toBe(404);
  expect((await api.call({ method: 'DELETE', url })).json()).toMatchObject({ id: kept.id, deleted: true });
  expect((await api.call({ url })).statusCode).toBe(404);
});

it('keeps of a stream what the buffered answer would have been, usage included, and shows only what was asked for', async () => {
  const whole = (await complete({ store: true, n: 2 })).json() as ChatCompletion;
  const streamed = await complete({ store: true, n: 2, stream: true });
  expect(streamed.body).not.toContain('usage');
  expect(streamed.body.endsWith('data: [DONE]\n\n')).toBe(true);
  const newest = (await api.call({ url: `${URL}?order=desc&limit=1` })).json().data[0] as ChatCompletion;
  const { id: _, created: __, ...same } = newest;
  expect(same).toMatchObject({
    choices: whole.choices,
    usage: whole.usage,
    system_fingerprint: whole.system_fingerprint,
  });
  const plain = await complete({ n: 2, stream: true });
  const shape = (text: string) => text.replace(/chatcmpl-\w+/g, 'id');
  expect(shape(streamed.body)).toBe(shape(plain.body));
});
