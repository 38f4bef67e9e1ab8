import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, RecordingServer } from './recording-server.js';
import { unwrapWebhook } from './unwrap-webhook.js';

// The example of the Standard Webhooks scheme.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = '{"test": 2432232314}';
const SENT_MS = 1_614_265_330_000;
const HEADERS = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const at = { nowMs: SENT_MS + 1_000 };

describe('unwrapWebhook', () => {
  it('reads a delivery that is signed, whichever of several signatures fits', async () => {
    expect(await unwrapWebhook(BODY, HEADERS, SECRET, at)).toEqual({ test: 2432232314 });
    const several = { ...HEADERS, 'webhook-signature': `v2,x v1,??? v1,AAAA ${HEADERS['webhook-signature']}` };
    expect(await unwrapWebhook(BODY, new Headers(several), SECRET, at)).toEqual({ test: 2432232314 });
  });

  it.each([
    ['another body', '{"test": 2432232315}', HEADERS, SECRET, at],
    ['another id', BODY, { ...HEADERS, 'webhook-id': 'msg_2' }, SECRET, at],
    ['another secret', BODY, HEADERS, 'whsec_AAAA', at],
    ['no signature', BODY, { ...HEADERS, 'webhook-signature': undefined }, SECRET, at],
    ['an old delivery', BODY, HEADERS, SECRET, { nowMs: SENT_MS + 301_000 }],
    ['one from the future', BODY, HEADERS, SECRET, { nowMs: SENT_MS - 301_000 }],
    ['a time that is none', BODY, { ...HEADERS, 'webhook-timestamp': 'now' }, SECRET, at],
  ])('refuses %s', async (_case, body, headers, secret, options) => {
    const refusal = unwrapWebhook(body, headers, secret, options);
    await expect(refusal).rejects.toMatchObject({ name: 'PreheatError', code: 'invalid_signature' });
  });

  it('says what a secret is when it is given something else', async () => {
    await expect(unwrapWebhook(BODY, HEADERS, 'MfKQ9r8', at)).rejects.toThrow(/whsec_ and base64/);
  });
});

describe('webhooks', () => {
  let server: RecordingServer;
  beforeEach(async () => {
    server = await RecordingServer.start();
  });
  afterEach(() => server.stop());

  it('makes, tests, rotates and deletes endpoints', async () => {
    const endpoint = { id: 'we_1', signing_secret: SECRET };
    server.script(
      json(200, endpoint),
      json(200, {}),
      json(200, endpoint),
      json(200, { data: [endpoint] }),
      json(200, {}),
    );
    const { webhooks } = server.client();
    const event_types = ['fine_tuning.job.succeeded' as const];
    const { id, signing_secret } = await webhooks.create({ name: 'n', url: 'https://example.com/hook', event_types });
    expect(signing_secret).toBe(SECRET);
    await webhooks.test(id, 'fine_tuning.job.succeeded');
    await webhooks.rotateSecret(id, { keepOldSecretActiveFor24Hours: true });
    expect(await webhooks.list().toArray()).toEqual([endpoint]);
    await webhooks.delete(id);
    expect(server.requests.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/v1/webhook_endpoints', JSON.stringify({ name: 'n', url: 'https://example.com/hook', event_types })],
      ['POST', '/v1/webhook_endpoints/we_1/test', '{"event_type":"fine_tuning.job.succeeded"}'],
      ['POST', '/v1/webhook_endpoints/we_1/rotate_secret', '{"keep_old_secret_active_for_24_hours":true}'],
      ['GET', '/v1/webhook_endpoints', ''],
      ['DELETE', '/v1/webhook_endpoints/we_1', ''],
    ]);
  });
});
