/** A model whose stored bytes are not those that were written: everybody who asks for it is told which object it is. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { OwnedThings } from '../test-kit/owned-things.js';
import { TINY_BUNDLE } from '../test-kit/tiny-models.js';

const WEIGHTS = `${TINY_BUNDLE}/model.safetensors`;

let api: ApiUnderTest;
let model: string;
beforeEach(async () => {
  api = await startApi();
  model = await new OwnedThings(api).named('model');
});
afterEach(() => api.app.close());

it.each([
  ['cut off', (bytes: Uint8Array) => bytes.subarray(0, -8), /has \d+ bytes, its manifest says \d+/],
  ['changed', (bytes: Uint8Array) => bytes.map((byte, i) => (i > 200 ? byte ^ 1 : byte)), /has SHA-256/],
  ['garbled from its first byte', (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff), /has SHA-256/],
])('weights that are %s', async (_, damage, said) => {
  const whole = await api.deps.store.get(WEIGHTS);
  await api.deps.store.put(WEIGHTS, damage(whole?.body ?? new Uint8Array(0)));
  const messages = [{ role: 'user', content: 'cat' }];
  const chat = { method: 'POST', url: '/v1/chat/completions', payload: { model, messages, max_tokens: 2 } } as const;
  const answer = await api.call(chat);
  expect([answer.statusCode, answer.headers['x-should-retry']], answer.body).toEqual([500, 'false']);
  const { error } = answer.json() as { error: { code: string; message: string } };
  expect(error.code).toBe('model_damaged');
  expect(error.message).toContain(WEIGHTS);
  expect(error.message).toMatch(said);
  const exported = await api.call({ method: 'POST', url: '/v1/x/exports', payload: { model, format: 'hf' } });
  expect(exported.json()).toMatchObject({ error: { code: 'model_damaged' } });
  await api.deps.store.put(WEIGHTS, whole?.body ?? new Uint8Array(0));
  expect((await api.call(chat)).statusCode).toBe(200);
});
