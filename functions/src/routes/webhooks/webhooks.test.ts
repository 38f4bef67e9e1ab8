import { createHmac } from 'node:crypto';
import type { WebhookEndpointWithSecret } from '@preheat/contracts';
import { KEYS } from '@preheat/contracts';
import { sweepJobs } from '@preheat/jobs';
import { listAll } from '@preheat/ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../../test-kit/api-under-test.js';
import { jsonl, SFT_ROWS } from '../../test-kit/rows.js';
import { announceJob } from '../../webhooks/announce-ended.js';
import { RETRY_AFTER_MS, WebhookDeliveries } from '../../webhooks/webhook-deliveries.js';
import { WebhookEndpoints } from '../../webhooks/webhook-endpoints.js';

const URL = '/v1/webhook_endpoints';
const CLAIM_MS = 60_000;
let api: ApiUnderTest;
let webhooks: WebhookDeliveries;
beforeEach(async () => {
  api = await startApi();
  webhooks = new WebhookDeliveries(api.deps, new WebhookEndpoints(api.deps));
});
afterEach(() => api.app.close());

async function create(event_types: string[], name = 'hook'): Promise<WebhookEndpointWithSecret> {
  const payload = { name, url: `https://${name}.example/take`, event_types };
  return (await api.call({ method: 'POST', url: URL, payload })).json();
}
const read = async (id: string) => (await api.call({ url: `${URL}/${id}` })).json();
const post = (path: string, payload?: object) =>
  api.call({ method: 'POST', url: `${URL}/${path}`, ...(payload ? { payload } : {}) });

const signatureBy = (secret: string, { headers, body }: { headers: Record<string, string>; body: string }) => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
};
const sentAt = (index: number) =>
  api.delivered[index] as { url: string; headers: Record<string, string>; body: string };

async function dueCount(): Promise<number> {
  let count = 0;
  for await (const _ of listAll(api.deps.store, KEYS.dueDeliveries)) count++;
  return count;
}

describe('endpoints', () => {
  it('are created with a secret that is never shown again, changed, listed and deleted', async () => {
    const made = await create(['fine_tuning.job.failed']);
    const { signing_secret: secret, ...rest } = made;
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    expect(made.signing_secret_hint).toBe(`whsec_…${secret.slice(-4)}`);
    expect(await read(made.id)).toEqual(rest);
    expect((await post(made.id, { name: 'new' })).json()).toMatchObject({ name: 'new', url: made.url });
    expect((await api.call({ url: URL })).json().data).toHaveLength(1);
    expect((await api.call({ url: `${URL}/${made.id}`, key: OTHER_KEY })).statusCode).toBe(404);
    expect((await api.call({ method: 'DELETE', url: `${URL}/${made.id}` })).json()).toMatchObject({ deleted: true });
    expect((await api.call({ url: `${URL}/${made.id}` })).statusCode).toBe(404);
  });

  it('take known events and http addresses only', async () => {
    const refusal = async (payload: object) => (await api.call({ method: 'POST', url: URL, payload })).json().error;
    const event_types = ['fine_tuning.job.failed'];
    expect((await refusal({ name: 'a', url: 'ftp://a.example', event_types })).param).toBe('url');
    expect((await refusal({ name: 'a', url: 'https://a', event_types: ['batch.failed'] })).param).toBe('event_types.0');
  });

  it('are tested with a signed event, and the failure is told', async () => {
    const made = await create(['fine_tuning.job.failed']);
    const body = { event_type: 'eval.run.failed' };
    expect((await post(`${made.id}/test`, body)).json()).toMatchObject({ success: true, status_code: 200, ...body });
    expect(sentAt(0).headers['webhook-signature']).toBe(signatureBy(made.signing_secret, sentAt(0)));
    api.receiveWebhooksBy(() => ({ kind: 'answered', status: 302 }));
    expect((await post(`${made.id}/test`, body)).json().error).toMatchObject({ code: 'webhook_unreachable' });
  });

  it('rotate their secret; the old one signs for a day when asked', async () => {
    const made = await create(['fine_tuning.job.failed']);
    const rotated = (await post(`${made.id}/rotate_secret`, { keep_old_secret_active_for_24_hours: true })).json();
    await post(`${made.id}/test`, { event_type: 'eval.run.failed' });
    const signatures = [rotated, made].map(({ signing_secret }) => signatureBy(signing_secret, sentAt(0)));
    expect(sentAt(0).headers['webhook-signature']).toBe(signatures.join(' '));
    await api.clock.advance(24 * 3_600_000);
    await post(`${made.id}/test`, { event_type: 'eval.run.failed' });
    expect(sentAt(1).headers['webhook-signature']).toBe(signatureBy(rotated.signing_secret, sentAt(1)));
    const alone = (await post(`${made.id}/rotate_secret`)).json();
    await post(`${made.id}/test`, { event_type: 'eval.run.failed' });
    expect(sentAt(2).headers['webhook-signature']).toBe(signatureBy(alone.signing_secret, sentAt(2)));
  });
});

describe('deliveries', () => {
  it('tell of an ended job once, also when its announcement is repeated', async () => {
    await create(['fine_tuning.job.cancelled']);
    await create(['fine_tuning.job.failed'], 'other');
    const file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
    const payload = { model: 'preheat-1m', training_file: file };
    const job = (await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload })).json();
    await api.call({ method: 'POST', url: `/v1/fine_tuning/jobs/${job.id}/cancel` });
    const { deps } = api;
    const sweep = (ended: Parameters<typeof sweepJobs>[2]['ended']) =>
      sweepJobs(deps.jobs, { ...deps, queue: deps.evaluationQueue }, { ringAfterMs: 1e9, ...(ended ? { ended } : {}) });
    // The process dies after the announcement and before the job is forgotten.
    const crash = sweep(async (ended) => {
      await announceJob(webhooks, ended);
      throw new Error('crash');
    });
    expect((await crash).failed).toBe(1);
    expect((await sweep((ended) => announceJob(webhooks, ended))).cleared).toBe(1);
    expect(await webhooks.deliverDue()).toBe(1);
    expect(JSON.parse(sentAt(0).body)).toMatchObject({
      object: 'event',
      type: 'fine_tuning.job.cancelled',
      data: { id: job.id },
    });
    expect(sentAt(0).headers['webhook-id']).toMatch(/^evt_/);
    await api.clock.advance(CLAIM_MS);
    expect(await webhooks.deliverDue()).toBe(0);
    expect(await dueCount()).toBe(0);
  });

  it('are tried again with growing waits, then given up; the endpoint is disabled and the others are told', async () => {
    const dead = await create(['eval.run.failed']);
    await create(['webhook_endpoint.disabled'], 'watcher');
    api.receiveWebhooksBy(({ url }) =>
      url.includes('hook.') ? { kind: 'failed', reason: 'connection refused' } : { kind: 'answered', status: 204 },
    );
    await webhooks.announce('proj-one', 'eval.run.failed', 'evalrun_x');
    for (const waitMs of RETRY_AFTER_MS) {
      expect(await webhooks.deliverDue()).toBe(1);
      await api.clock.advance(waitMs - 1);
      expect(await webhooks.deliverDue()).toBe(0);
      await api.clock.advance(1);
    }
    expect((await read(dead.id)).status).toBe('enabled');
    expect(await webhooks.deliverDue()).toBe(1);
    const disabled = await read(dead.id);
    expect(disabled).toMatchObject({ status: 'disabled' });
    expect(disabled.disabled_reason).toContain('connection refused');
    expect(new Set(api.delivered.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await webhooks.deliverDue()).toBe(1);
    expect(JSON.parse(api.delivered.at(-1)?.body ?? '')).toMatchObject({
      type: 'webhook_endpoint.disabled',
      data: { id: dead.id },
    });
    expect(await dueCount()).toBe(0);
    expect((await post(dead.id, { status: 'enabled' })).json()).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
    });
  });

  it('survive a sender that dies in the middle', async () => {
    await create(['eval.run.failed']);
    await webhooks.announce('proj-one', 'eval.run.failed', 'evalrun_x');
    api.receiveWebhooksBy(() => {
      throw new Error('killed');
    });
    expect(await webhooks.deliverDue()).toBe(0);
    api.receiveWebhooksBy(() => ({ kind: 'answered', status: 200 }));
    expect(await webhooks.deliverDue()).toBe(0);
    await api.clock.advance(CLAIM_MS);
    expect(await webhooks.deliverDue()).toBe(1);
    expect(await dueCount()).toBe(0);
  });

  it('leave nothing due when a sender dies after it has said what became of one', async () => {
    await create(['eval.run.failed']);
    await webhooks.announce('proj-one', 'eval.run.failed', 'evalrun_x');
    const { store } = api.deps;
    const remove = store.delete.bind(store);
    // The entry of the time until which the sender had taken it.
    const taken = KEYS.dueDeliveries + String(api.clock.nowMs() + CLAIM_MS).padStart(15, '0');
    store.delete = (key) => (key.startsWith(taken) ? Promise.reject(new Error('killed')) : remove(key));
    await webhooks.deliverDue();
    expect([api.delivered.length, await dueCount()]).toEqual([1, 1]);
    store.delete = remove;
    await api.clock.advance(CLAIM_MS);
    expect(await webhooks.deliverDue()).toBe(0);
    expect(await dueCount()).toBe(0);
  });

  it('are taken by one of many sweepers', async () => {
    await create(['eval.run.failed']);
    for (let run = 0; run < 5; run++) await webhooks.announce('proj-one', 'eval.run.failed', `evalrun_${run}`);
    const made = await Promise.all([1, 2, 3].map(() => webhooks.deliverDue()));
    expect(made.reduce((sum, one) => sum + one, 0)).toBe(5);
    expect(api.delivered).toHaveLength(5);
  });

  it('are dropped when the endpoint says 410, or is deleted', async () => {
    const gone = await create(['eval.run.failed']);
    await webhooks.announce('proj-one', 'eval.run.failed', 'evalrun_1');
    api.receiveWebhooksBy(() => ({ kind: 'answered', status: 410 }));
    await webhooks.deliverDue();
    expect((await read(gone.id)).status).toBe('disabled');
    const other = await create(['eval.run.failed'], 'other');
    await webhooks.announce('proj-one', 'eval.run.failed', 'evalrun_2');
    await api.call({ method: 'DELETE', url: `${URL}/${other.id}` });
    expect(await webhooks.deliverDue()).toBe(0);
    expect(await dueCount()).toBe(0);
  });

  it('of an endpoint that answers nobody hold up neither the sweep, nor other endpoints, nor other projects', async () => {
    await create(['eval.run.failed']);
    await create(['eval.run.succeeded'], 'well');
    const payload = { name: 'a', url: 'https://other.example/take', event_types: ['eval.run.failed'] };
    await api.call({ method: 'POST', url: URL, payload, key: OTHER_KEY });
    const { clock } = api;
    const sent: { host: string; atMs: number }[] = [];
    const hanging = new WebhookDeliveries(
      {
        ...api.deps,
        sendWebhook: async ({ url }) => {
          const { host } = new globalThis.URL(url);
          sent.push({ host, atMs: clock.nowMs() });
          if (host !== 'hook.example') return { kind: 'answered', status: 200 };
          await clock.sleep(10_000);
          return { kind: 'failed', reason: 'timed out' };
        },
      },
      new WebhookEndpoints(api.deps),
    );
    for (let run = 0; run < 300; run++) await hanging.announce('proj-one', 'eval.run.failed', `evalrun_${run}`);
    await clock.advance(1);
    await hanging.announce('proj-one', 'eval.run.succeeded', 'evalrun_good');
    for (let run = 0; run < 8; run++) await hanging.announce('proj-two', 'eval.run.failed', `evalrun_two${run}`);
    const sentTo = (name: string) => sent.filter(({ host }) => host === `${name}.example`);
    const startMs = clock.nowMs();
    await clock.run(hanging.deliverDue({ endsAtMs: startMs + 50_000 }));
    expect(clock.nowMs()).toBeLessThanOrEqual(startMs + 50_000);
    expect(sentTo('other').map(({ atMs }) => atMs - startMs)).toEqual(Array(8).fill(0));
    // So many are tried at once; the others are put off, so that what is behind them has its turn.
    expect(sentTo('hook').length).toBeLessThanOrEqual(8);
    await clock.run(hanging.deliverDue({ endsAtMs: clock.nowMs() + 50_000 }));
    expect(sentTo('well')).toHaveLength(1);
    // Putting off is no attempt: after it all are tried as if they were new.
    expect(await dueCount()).toBe(300);
    await clock.advance(3_600_000);
    sent.length = 0;
    expect(await webhooks.deliverDue()).toBe(256);
  });

  it('of an endpoint that answers now and then are all tried', async () => {
    await create(['eval.run.failed']);
    for (let run = 0; run < 12; run++) await webhooks.announce('proj-one', 'eval.run.failed', `evalrun_${run}`);
    let sent = 0;
    api.receiveWebhooksBy(() =>
      sent++ % 2 === 0 ? { kind: 'failed', reason: 'timed out' } : { kind: 'answered', status: 200 },
    );
    expect(await webhooks.deliverDue()).toBe(12);
  });

  it('of one project, however many are due, hide none of another', async () => {
    const payload = { name: 'a', url: 'https://other.example/take', event_types: ['eval.run.failed'] };
    await api.call({ method: 'POST', url: URL, payload, key: OTHER_KEY });
    const nowMs = api.clock.nowMs();
    for (let n = 0; n < 10_100; n++) {
      await api.deps.store.put(KEYS.dueDelivery(nowMs - 1, 'proj-one', `whd_${n}`), new Uint8Array());
    }
    await webhooks.announce('proj-two', 'eval.run.failed', 'evalrun_x');
    expect(await webhooks.deliverDue()).toBe(1);
  });

  it('are not begun when there is no time for an attempt', async () => {
    await create(['eval.run.failed']);
    await webhooks.announce('proj-one', 'eval.run.failed', 'evalrun_x');
    expect(await webhooks.deliverDue({ endsAtMs: api.clock.nowMs() + 11_000 })).toBe(0);
    expect(await webhooks.deliverDue({ endsAtMs: api.clock.nowMs() + 13_000 })).toBe(1);
  });
});
