/** Webhooks: managed by the newer clients, verified by every client's own `unwrap`: item 13 of the checklist. */
import { expect } from 'vitest';
import { waitFor } from '../../e2e/wait-for.js';
import { collect, type Story } from './story.js';
import { WebhookEvent } from '../wire/webhooks.js';
import { check } from '@preheat/contracts';

const TIMEOUT_MS = 30_000;

/** @param jobs Ids of jobs that have ended or will. */
export async function toldByWebhook({ client, receiver }: Story, secret: string, jobs: readonly string[]) {
  for (const id of jobs) {
    const found = await waitFor(`a webhook about ${id}`, async () => receiver.about(id), Boolean, TIMEOUT_MS);
    if (!found) throw new Error('unreachable');
    const event = await client.webhooks.unwrap(found.body, found.headers, secret);
    expect(event).toMatchObject({ object: 'event', data: { id } });
    expect(event.type).toMatch(/^fine_tuning\.job\./);
    expect(check(WebhookEvent, event).ok).toBe(true);
    const forged = found.body.replace('succeeded', 'failed').replace('cancelled', 'failed');
    await expect(client.webhooks.unwrap(forged, found.headers, secret)).rejects.toThrow();
  }
}

/** Creates an endpoint that stays, and tries everything else on another one. */
export async function endpoints({ client, receiver }: Story): Promise<void> {
  const event_types = ['eval.run.failed' as const];
  const made = await client.webhooks.create({ name: 'interop', url: receiver.url, event_types });
  expect(made.signing_secret).toMatch(/^whsec_/);
  expect((await client.webhooks.update(made.id, { name: 'renamed' })).name).toBe('renamed');
  expect((await client.webhooks.retrieve(made.id)).name).toBe('renamed');
  expect((await collect(client.webhooks.list({ limit: 1 }))).map(({ id }) => id)).toContain(made.id);
  expect((await client.webhooks.eventTypes.list()).data).toContain('fine_tuning.job.succeeded');
  const rotated = await client.webhooks.rotateSecret(made.id, { keep_old_secret_active_for_24_hours: true });
  const before = receiver.received.length;
  const tested = await client.webhooks.test(made.id, { event_type: 'eval.run.failed' });
  expect(tested).toMatchObject({ success: true, status_code: 204 });
  const sent = receiver.received[before];
  for (const secret of [made.signing_secret, rotated.signing_secret]) {
    const event = await client.webhooks.unwrap(sent?.body ?? '', sent?.headers ?? {}, secret);
    expect(event.type).toBe('eval.run.failed');
  }
  expect((await client.webhooks.delete(made.id)).deleted).toBe(true);
}
