/** No name in a body, a query, a form or a row reaches the prototype of anything; the platform here is this process itself. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../../functions/src/test-kit/api-under-test.js';
import { multipartBody } from '../../functions/src/test-kit/multipart.js';
import { jsonl, SFT_ROWS } from '../../functions/src/test-kit/rows.js';

const REACHES = ['__proto__', 'constructor', 'prototype', 'constructor.prototype', 'toString', 'hasOwnProperty'];
const POLLUTING = ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'];

export function prototypePollution(): void {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await startApi({ limits: { requestsPerMinute: 100_000 } });
    await api.app.ready();
  });
  afterAll(() => api.app.close());
  afterEach(() => {
    for (const one of [{}, [], () => undefined, 'x', 1]) {
      expect((one as unknown as Record<string, unknown>)['polluted']).toBeUndefined();
    }
  });

  describe('a name that reaches for a prototype', () => {
    const posts = (): string[] =>
      api.app.routeTable.filter(({ methods }) => methods.includes('POST')).map(({ url }) => url);

    it('is refused in the body of every route', async () => {
      expect(posts().length).toBeGreaterThan(15);
      for (const url of posts()) {
        for (const payload of POLLUTING) {
          const headers = { 'content-type': 'application/json' };
          const answer = await api.call({ method: 'POST', url: url.replace(/:\w+/g, 'x'), payload, headers });
          expect([url, payload, answer.statusCode >= 400 && answer.statusCode < 500]).toEqual([url, payload, true]);
        }
      }
    });

    it('is nothing in a query', async () => {
      for (const { url, methods } of api.app.routeTable.filter((route) => route.methods.includes('GET'))) {
        for (const query of [
          '__proto__[polluted]=1',
          'metadata[__proto__][polluted]=1',
          'constructor[prototype][polluted]=1',
        ]) {
          const answer = await api.call({ method: 'GET', url: `${url.replace(/:\w+|\*/g, 'x')}?${query}` });
          expect([methods, url, answer.statusCode < 500]).toEqual([methods, url, true]);
        }
      }
    });

    it('is nothing in a form', async () => {
      for (const field of [
        '__proto__[polluted]',
        'constructor[prototype][polluted]',
        'expires_after[__proto__][polluted]',
      ]) {
        const form = multipartBody([
          { field: 'purpose', value: 'fine-tune' },
          { field, value: '1' },
          { field: 'file', filename: 'a.jsonl', content: jsonl(SFT_ROWS) },
        ]);
        expect((await api.call({ method: 'POST', url: '/v1/files', ...form })).statusCode).toBeLessThan(500);
      }
    });

    it('is data in a row, and what a grader finds of it is only what the row has', async () => {
      const item = `{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}`;
      const rows = `{"item":${item}}\n`;
      await api.upload(rows, 'evals');
      for (const name of REACHES) {
        const grader = {
          type: 'string_check',
          name: 'c',
          input: `{{ item.${name}.polluted }}`,
          reference: 'yes',
          operation: 'eq',
        };
        const payload = { grader, model_sample: 'x', item: {} };
        const answer = await api.call({ method: 'POST', url: '/v1/fine_tuning/alpha/graders/run', payload });
        const errors = { invalid_variable_error: true };
        expect([name, answer.json()]).toMatchObject([name, { reward: 0, metadata: { errors } }]);
      }
    });

    it('is a key like any other in metadata, or refused', async () => {
      const training_file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
      for (const key of REACHES.slice(1)) {
        const payload = { model: 'preheat-1m', training_file, metadata: { [key]: 'x' } };
        const answer = await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload });
        if (answer.statusCode === 200) expect((answer.json() as { metadata: object }).metadata).toEqual({ [key]: 'x' });
        else expect(answer.statusCode).toBe(400);
      }
    });
  });
}
