/** What is small to send and large to take in ends with an answer, and the process lives on. */
import { describe, expect, it } from 'vitest';
import { multipartBody } from '../../functions/src/test-kit/multipart.js';
import { jsonl, SFT_ROWS } from '../../functions/src/test-kit/rows.js';
import { errorOf, type Target } from './target.js';

const ROW = jsonl(SFT_ROWS.slice(0, 1));
const MIB = 2 ** 20;

export function bombs(target: () => Target): void {
  const alive = async (): Promise<void> => expect((await target().send('GET', '/healthz')).status).toBe(200);

  describe('a bomb', () => {
    it.each([
      ['nested lists', '['.repeat(MIB)],
      ['nested objects', '{"messages":'.repeat(200_000)],
      ['millions of values', `[${'0,'.repeat(1_500_000)}0]`],
      ['a line without an end', 'x'.repeat(9 * MIB)],
    ])('in a row of a file is refused with its line: %s', async (_, row) => {
      const answer = await target().upload(`${ROW}${row}\n`);
      expect([answer.status, errorOf(answer)['code']]).toEqual([400, 'invalid_training_file']);
      expect(errorOf(answer)['message']).toMatch(/line 2/);
      await alive();
    });

    it('of fields in a form is refused', async () => {
      const fields = Array.from({ length: 5_000 }, (_, i) => ({ field: `f${i}`, value: 'x' }));
      const { payload, headers } = multipartBody([...fields, { field: 'file', filename: 'a.jsonl', content: ROW }]);
      const { status } = await target().send('POST', '/v1/files', { body: payload, headers });
      expect([400, 413]).toContain(status);
      await alive();
    });

    it('that is compressed is not unpacked', async () => {
      const { gzipSync } = await import('node:zlib');
      const body = gzipSync(Buffer.alloc(64 * MIB, '['));
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      const answer = await target().send('POST', '/v1/evals', { body, headers });
      expect([400, 415]).toContain(answer.status);
      await alive();
    });

    it.each([
      ['one', { x: 'y'.repeat(20_000) }],
      ['thousands', Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`x-${i}`, 'y']))],
    ])('of headers is refused or ignored: %s', async (_, headers) => {
      const answer = await target().send('GET', '/v1/files', { headers });
      expect([200, 400, 431]).toContain(answer.status);
      await alive();
    });

    it('of query parameters is cut', async () => {
      const query = Array.from({ length: 1_000 }, (_, i) => `metadata[${i}]=x`).join('&');
      expect((await target().send('GET', `/v1/fine_tuning/jobs?${query}`)).status).toBeLessThan(500);
      await alive();
    });

    it('in a template or a formula of a grader is refused, or harms nobody', async () => {
      const template = `{{ ${'item.'.repeat(20_000)}x }}`;
      const input = [{ role: 'user', content: template }];
      for (const json of [
        { grader: { type: 'score_model', name: 's', model: 'preheat-1m', input }, model_sample: 'x' },
        { grader: { type: 'multi', name: 'm', graders: {}, calculate_output: '('.repeat(100_000) }, model_sample: 'x' },
        {
          grader: { type: 'string_check', name: 'c', input: template, reference: 'x', operation: 'eq' },
          model_sample: 'x',
        },
      ]) {
        const { status } = await target().send('POST', '/v1/fine_tuning/alpha/graders/run', { json });
        expect(status).toBeLessThan(500);
      }
      await alive();
    });
  });
}
