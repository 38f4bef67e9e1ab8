import { UnknownOutcomeError } from '@preheat/ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, KEY, startApi } from '../test-kit/api-under-test.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

const headers = { authorization: `Bearer ${KEY}` };

describe('a store that fails under a request', () => {
  it('is answered 503 with retry-after when the next try may pass', async () => {
    api.deps.store.get = () => Promise.reject(new UnknownOutcomeError('jobs/x/job.json'));
    const answer = await api.app.inject({ url: '/v1/fine_tuning/jobs/ftjob-x', headers });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toMatchObject({ error: { type: 'server_error', code: 'overloaded', param: null } });
  });

  it('is answered 500 without a detail otherwise', async () => {
    api.deps.store.get = () => Promise.reject(new Error('secret detail'));
    const answer = await api.app.inject({ url: '/v1/fine_tuning/jobs/ftjob-x', headers });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret detail');
    expect(answer.json().error.code).toBe('internal_error');
  });
});
