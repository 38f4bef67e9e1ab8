/** What callers keep secret is in no line that the process logs, however it came in and whatever went wrong with it. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonl, RL_ROWS } from '../../functions/src/test-kit/rows.js';
import { API_KEY } from '../e2e/platform.js';
import { errorOf, idOf, type Target } from './target.js';

const GUESS = 'sk-guess-4711-not-a-key';
const GRADER_TOKEN = 'grader-token-0815-xyz';
const PASSWORD = 'hunter22pass';
const QUERY = 'query-token-1234';
const INSIDE = 'sk-stored-inside-98765';

export function logRedaction(target: () => Target): void {
  describe('the log', () => {
    const secrets = [API_KEY, GUESS, GRADER_TOKEN, PASSWORD, QUERY, INSIDE];

    it('takes in what is secret', async () => {
      expect((await target().send('GET', '/v1/files', { key: GUESS })).status).toBe(401);
      await target().send('GET', `/v1/files?api_key=${QUERY}`);
      const grader = {
        ...{ type: 'http', name: 'h', url: `https://user:${PASSWORD}@no-such-host.invalid/score?token=${QUERY}` },
        headers: { authorization: `Bearer ${GRADER_TOKEN}`, 'x-grader': GRADER_TOKEN },
        timeout_seconds: 1,
      };
      await target().send('POST', '/v1/fine_tuning/alpha/graders/run', { json: { grader, model_sample: 'x' } });
      const training_file = idOf(await target().upload(jsonl(RL_ROWS)));
      const method = { type: 'reinforcement', reinforcement: { grader } };
      await target().send('POST', '/v1/x/preflight', { json: { model: 'preheat-1m', training_file, method } });
      const url = `https://user:${PASSWORD}@no-such-host.invalid/x?token=${QUERY}`;
      const event_types = ['fine_tuning.job.succeeded'];
      const made = await target().send('POST', '/v1/webhook_endpoints', { json: { name: 'h', url, event_types } });
      const { id, signing_secret } = JSON.parse(made.text) as { id: string; signing_secret: string };
      secrets.push(signing_secret);
      await target().send('POST', `/v1/webhook_endpoints/${id}/test`, { json: { event_type: event_types[0] } });
      const rotated = await target().send('POST', `/v1/webhook_endpoints/${id}/rotate_secret`, { json: {} });
      secrets.push((JSON.parse(rotated.text) as { signing_secret: string }).signing_secret);
    });

    it('takes in a failure of the platform that quotes a secret', async () => {
      const file = idOf(await target().upload(jsonl(RL_ROWS)));
      const records = await readdir(join(target().folder, 'data'), { recursive: true });
      const record = records.find(
        (path) => path.toLowerCase().includes(file.slice(5, 12).toLowerCase()) && path.endsWith('file.json'),
      );
      // What parses JSON quotes a text that is none.
      await writeFile(join(target().folder, 'data', record ?? 'no record'), `Bearer ${INSIDE}`);
      const answer = await target().send('GET', `/v1/files/${file}`);
      expect([answer.status, errorOf(answer)['code']]).toEqual([500, 'internal_error']);
      expect(answer.text).not.toContain(INSIDE);
    });

    it('shows none of it, and yet the requests and the failure', async () => {
      // What it writes last is read a moment after the answer.
      await expect
        .poll(() => /"level":"error".*"requestId"|"requestId".*"level":"error"/.test(target().log))
        .toBe(true);
      expect(target().log.includes('/v1/webhook_endpoints/:webhook_endpoint_id/test')).toBe(true);
      expect(secrets.length).toBeGreaterThan(6);
      expect(secrets.filter((secret) => target().log.includes(secret))).toEqual([]);
    });
  });
}
