import { type ApiKeyObject, type ApiKeyWithValue, KEYS } from '@preheat/contracts';
import { listAll } from '@preheat/ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operate } from '../operator/operate.js';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { hashOfKey } from './api-keys.js';
import { TRUST_MS } from './key-directory.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi({ limits: { requestsPerMinute: 5 } });
});
afterEach(() => api.app.close());

async function operator(...args: string[]): Promise<{ code: number; lines: unknown[] }> {
  const lines: unknown[] = [];
  const { deps } = api;
  const code = await operate(args, deps.jobs, { ...deps, queue: deps.evaluationQueue }, (line) => lines.push(line));
  return { code, lines };
}

async function issued(...args: string[]): Promise<ApiKeyWithValue> {
  const { code, lines } = await operator('keys', ...args);
  expect([code, lines.length]).toEqual([0, 1]);
  return lines[0] as ApiKeyWithValue;
}

const statusFor = async (key: string): Promise<number> => (await api.call({ url: '/v1/files', key })).statusCode;

describe('a key that an operator issues', () => {
  it('opens its project and is nowhere in the store', async () => {
    const { value, ...shown } = await issued('issue', '--project', 'proj-new', '--name', 'laptop');
    expect(shown).toMatchObject({ role: 'project', project_id: 'proj-new', name: 'laptop', status: 'active' });
    expect(value).toMatch(/^sk-preheat-[\w-]{43}$/);
    expect(await statusFor(value)).toBe(200);
    let objects = 0;
    for await (const { key } of listAll(api.deps.store, '')) {
      const { body } = (await api.deps.store.get(key)) ?? {};
      expect(key + Buffer.from(body ?? []).toString('latin1')).not.toContain(value.slice(-20));
      objects++;
    }
    expect(objects).toBeGreaterThan(1);
    expect((await operator('keys', 'list')).lines).toEqual([shown]);
  });

  it('has a successor, and works beside it for as long as was said', async () => {
    const old = await issued('issue', '--project', 'proj-new');
    const next = await issued('rotate', old.id, '--overlap-seconds', '60');
    expect([await statusFor(old.value), await statusFor(next.value)]).toEqual([200, 200]);
    await api.clock.advance(60_000);
    expect([await statusFor(old.value), await statusFor(next.value)]).toEqual([401, 200]);
    expect((await operator('keys', 'rotate', old.id)).code).toBe(1);
  });

  it('is refused everywhere within ten seconds of being revoked, and stays listed', async () => {
    const { id, value } = await issued('issue', '--project', 'proj-new');
    expect(await statusFor(value)).toBe(200);
    expect((await operator('keys', 'revoke', id)).code).toBe(0);
    await api.clock.advance(TRUST_MS);
    expect(await statusFor(value)).toBe(401);
    expect((await operator('keys', 'list')).lines).toMatchObject([{ id, status: 'expired' }]);
  });

  it.each([
    [['issue']],
    [['issue', '--project', '..']],
    [['issue', '--project', 'a', '--admin']],
    [['rotate']],
    [['revoke', 'key_x', 'key_y']],
    [['list', 'more']],
    [['rotate', 'key_x', '--overlap-seconds', '-1']],
  ])('is not made of wrong words: %j', async (args) => {
    expect((await operator('keys', ...args)).code).toBe(2);
  });

  it.each(['key_x', 'key_..', `key_${'0'.repeat(24)}`])('is not found by the id %s', async (id) => {
    expect((await operator('keys', 'revoke', id)).code).toBe(1);
  });
});

describe('an admin key', () => {
  const path = '/v1/x/admin/api_keys';

  it('issues, lists, rotates and revokes the keys of projects', async () => {
    const { value: key } = await issued('issue', '--admin');
    const created = await api.call({ method: 'POST', url: path, key, payload: { project_id: 'proj-new' } });
    const made = created.json() as ApiKeyWithValue;
    expect(await statusFor(made.value)).toBe(200);
    const rotated = await api.call({
      method: 'POST',
      url: `${path}/${made.id}/rotate`,
      key,
      payload: { overlap_seconds: 0 },
    });
    await api.clock.advance(TRUST_MS);
    const next = rotated.json() as ApiKeyWithValue;
    expect([await statusFor(made.value), await statusFor(next.value)]).toEqual([401, 200]);
    expect((await api.call({ method: 'DELETE', url: `${path}/${next.id}`, key })).json()).toMatchObject({
      status: 'expired',
    });
    const { data } = (await api.call({ url: path, key })).json() as { data: ApiKeyObject[] };
    expect(data.map(({ role, status }) => `${role} ${status}`).sort()).toEqual([
      'admin active',
      'project expired',
      'project expired',
    ]);
    expect(JSON.stringify(data)).not.toContain('sk-preheat');
  });

  it('cannot make another', async () => {
    const { value: key } = await issued('issue', '--admin');
    const payload = { project_id: 'proj-new', role: 'admin' };
    expect((await api.call({ method: 'POST', url: path, key, payload })).statusCode).toBe(400);
  });
});

describe('whoever guesses keys', () => {
  it('is soon answered without a look into the store, while known keys go on', async () => {
    const { value } = await issued('issue', '--project', 'proj-new');
    expect(await statusFor(value)).toBe(200);
    for (let guess = 0; guess < 5; guess++) expect(await statusFor(`sk-guess-${guess}`)).toBe(401);
    let reads = 0;
    const get = api.deps.store.get.bind(api.deps.store);
    api.deps.store.get = (...args) => {
      reads++;
      return get(...args);
    };
    const refused = await api.call({ url: '/v1/files', key: 'sk-guess-5' });
    expect([refused.statusCode, refused.headers['retry-after'], reads]).toEqual([429, '60', 0]);
    expect(await statusFor(value)).toBe(200);
    await api.clock.advance(60_000);
    expect(await statusFor('sk-guess-6')).toBe(401);
  });

  it('locks nobody out who calls from the same address with a key that was good a while ago; a revoked one ends', async () => {
    const { value } = await issued('issue', '--project', 'proj-new');
    expect(await statusFor(value)).toBe(200);
    await api.clock.advance(20 * 60_000);
    for (let guess = 0; guess < 5; guess++) await statusFor(`sk-guess-${guess}`);
    expect(await statusFor('sk-guess-5')).toBe(429);
    expect(await statusFor(value)).toBe(200);
    await api.clock.advance(TRUST_MS + 1);
    await api.deps.store.delete(KEYS.apiKey(hashOfKey(value)));
    expect(await statusFor(value)).toBe(401);
    expect(await statusFor(value)).toBe(429);
  });

  it('is told from others behind a proxy that is trusted, and only there', async () => {
    const from = (app: ApiUnderTest, client: string, key: string) =>
      app.call({ url: '/v1/files', key, headers: { 'x-forwarded-for': client } }).then(({ statusCode }) => statusCode);
    for (const [trusted, expected] of [
      ['127.0.0.0/8,::1', 401],
      ['10.0.0.1', 429],
    ] as const) {
      const behind = await startApi({ limits: { requestsPerMinute: 5 }, trustedProxies: trusted });
      for (let guess = 0; guess < 5; guess++) await from(behind, '203.0.113.1', `sk-guess-${guess}`);
      expect(await from(behind, '203.0.113.1', 'sk-guess-5')).toBe(429);
      expect(await from(behind, '203.0.113.2', 'sk-other')).toBe(expected);
      await behind.app.close();
    }
  });
});
