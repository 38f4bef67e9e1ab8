/**
 * Telling endpoints what happened. An event becomes one document per endpoint, under an id that follows from the event,
 * so announcing twice tells once. Whoever announces does so before it forgets the event's cause (an ended job stays in
 * the index of active ones until then), so a crash repeats the announcement instead of losing it. Deliveries are taken by
 * compare-and-swap and go out at least once: a receiver knows a repetition by its `webhook-id`.
 */
import { createHash } from 'node:crypto';
import {
  KEYS,
  StoredDelivery,
  type StoredWebhookEndpoint,
  type WebhookEvent,
  type WebhookEventType,
} from '@preheat/contracts';
import { DocumentStore } from '@preheat/jobs';
import { type Clock, type Ids, listAll, type Log, type ObjectStore } from '@preheat/ports';
import { FairOrder } from './fair-order.js';
import { signedHeaders } from './signed-headers.js';
import { validSecrets, type WebhookEndpoints } from './webhook-endpoints.js';
import type { DeliveryOutcome, WebhookSender } from './webhook-sender.js';

export interface DeliveryDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly sendWebhook: WebhookSender;
}

/** Waits after a failed attempt; after the last one the delivery is given up and its endpoint disabled. */
export const RETRY_AFTER_MS = [5_000, 30_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000] as const;
/** Longer than an attempt can take: a delivery whose sender died is due again then. */
const CLAIM_MS = 60_000;
/** Deliveries that one sweep takes up, and of one project: what is beyond that hides nobody else's. */
const MAX_TAKEN = 10_000;
const MAX_OF_PROJECT = 256;
/** Of the time there is, at most so much goes into listing what is due. */
const LISTING_PART = 0.5;
const AT_ONCE = 16;
const AT_ONCE_OF_PROJECT = 4;
/** The longest that an attempt takes, with the reads and writes around it (`http-sender.ts`). */
const ATTEMPT_MS = 12_000;
/** How long deliveries are taken where nobody says when the time is up. */
const SWEEP_MS = 60_000;
/** Attempts of one sweep that reach nobody, with no answer in between, after which the endpoint's other deliveries are put off, uncounted. */
const UNREACHED_MAX = 2;
const PUT_OFF_MS = 300_000;
const TIME_LENGTH = 15;
const GONE = 410;

export class WebhookDeliveries {
  readonly #deps: DeliveryDependencies;
  readonly #endpoints: WebhookEndpoints;
  readonly #documents: DocumentStore<typeof StoredDelivery>;

  constructor(deps: DeliveryDependencies, endpoints: WebhookEndpoints) {
    this.#deps = deps;
    this.#endpoints = endpoints;
    this.#documents = new DocumentStore(deps.store, StoredDelivery, deps.ids);
  }

  /**
   * Makes the deliveries of an event durable.
   * @param objectId What it happened to.
   * @param occasion Names the event, with its type: whatever happens to a thing only once needs none.
   */
  async announce(projectId: string, type: WebhookEventType, objectId: string, occasion = objectId): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    const event = webhookEvent(type, objectId, nowMs, occasion);
    for (const endpoint of await this.#endpoints.all(projectId)) {
      if (endpoint.state !== 'enabled' || !endpoint.eventTypes.includes(type)) continue;
      const delivery = newDelivery(endpoint, event, nowMs, this.#documents.nextWriteId());
      const key = KEYS.webhookDelivery(projectId, delivery.id);
      const { document } = (await this.#documents.create(key, delivery)).stored;
      if (document.state === 'pending') await this.#mark(document);
    }
  }

  /**
   * One attempt at what is due, shared between projects. What there was no time for stays due.
   * @param endsAtMs No attempt is under way any more from then on.
   * @returns how many attempts were made.
   */
  async deliverDue({ endsAtMs }: { endsAtMs?: number } = {}): Promise<number> {
    const { clock } = this.#deps;
    const startedMs = clock.nowMs();
    const lastStartMs = (endsAtMs ?? startedMs + SWEEP_MS) - ATTEMPT_MS;
    const due = await this.#due(startedMs + LISTING_PART * (lastStartMs - startedMs));
    const unreached = new Map<string, number>();
    let attempts = 0;
    const deliver = async (key: string): Promise<void> => {
      if (await this.#deliverOne(key, unreached)) attempts++;
    };
    const lane = async (): Promise<void> => {
      while (clock.nowMs() <= lastStartMs && (await due.next(deliver)));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return attempts;
  }

  async #due(untilMs: number): Promise<FairOrder> {
    const due = new FairOrder(AT_ONCE_OF_PROJECT);
    const { clock } = this.#deps;
    const nowMs = clock.nowMs();
    let taken = 0;
    for await (const { key } of listAll(this.#deps.store, KEYS.dueDeliveries)) {
      if (dueAtOf(key) > nowMs || taken >= MAX_TAKEN || clock.nowMs() > untilMs) break;
      const { projectId } = namesIn(key);
      if (due.waitingOf(projectId) >= MAX_OF_PROJECT) continue;
      due.add(projectId, key);
      taken++;
    }
    return due;
  }

  /** Sends an event once, now, and keeps nothing of it. */
  async sendNow(endpoint: StoredWebhookEndpoint, event: WebhookEvent): Promise<DeliveryOutcome> {
    const body = JSON.stringify(event);
    const nowMs = this.#deps.clock.nowMs();
    const secrets = validSecrets(endpoint, nowMs);
    const headers = signedHeaders(body, { id: event.id, timestamp: Math.floor(nowMs / 1000), secrets });
    return this.#deps.sendWebhook({ url: endpoint.url, headers, body });
  }

  /** @param unreached Attempts of this sweep that reached nobody since one that did, by endpoint. */
  async #deliverOne(key: string, unreached: Map<string, number>): Promise<boolean> {
    try {
      const claimed = await this.#claim(key, unreached);
      if (!claimed) return false;
      const endpoint = await this.#endpoints.find(claimed.projectId, claimed.endpointId);
      if (endpoint?.state !== 'enabled') {
        await this.#settle(claimed, { state: 'dropped', lastProblem: 'the endpoint is disabled or gone' });
        return false;
      }
      const outcome = await this.sendNow(endpoint, claimed.event);
      if (outcome.kind === 'failed') unreached.set(endpoint.id, (unreached.get(endpoint.id) ?? 0) + 1);
      else unreached.delete(endpoint.id);
      await this.#conclude(claimed, outcome);
      return true;
    } catch (error) {
      this.#deps.log.error('a webhook delivery failed here; the sweeper tries again', { key, error });
      return false;
    }
  }

  /** Takes a due delivery for `CLAIM_MS`, or puts it off. An entry that is out of date is put right. */
  async #claim(key: string, unreached: ReadonlyMap<string, number>): Promise<StoredDelivery | undefined> {
    const { projectId, id } = namesIn(key);
    const nowMs = this.#deps.clock.nowMs();
    let isOurs = false;
    const stored = await this.#documents.update(KEYS.webhookDelivery(projectId, id), (delivery) => {
      const isDue = delivery.state === 'pending' && delivery.dueAtMs <= nowMs;
      const isPutOff = isDue && (unreached.get(delivery.endpointId) ?? 0) >= UNREACHED_MAX;
      isOurs = isDue && !isPutOff;
      if (isPutOff) return { ...delivery, dueAtMs: nowMs + PUT_OFF_MS };
      return isOurs ? { ...delivery, attempts: delivery.attempts + 1, dueAtMs: nowMs + CLAIM_MS } : undefined;
    });
    if (stored?.document.state === 'pending') await this.#mark(stored.document);
    const isCurrent = stored?.document.state === 'pending' && stored.document.dueAtMs === dueAtOf(key);
    if (!isCurrent) await this.#deps.store.delete(key);
    return isOurs ? stored?.document : undefined;
  }

  async #conclude(delivery: StoredDelivery, outcome: DeliveryOutcome): Promise<void> {
    if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) {
      return this.#settle(delivery, { state: 'delivered', lastProblem: null });
    }
    const lastProblem = outcome.kind === 'answered' ? `the endpoint answered ${outcome.status}` : outcome.reason;
    const waitMs = RETRY_AFTER_MS[delivery.attempts - 1];
    const isGone = outcome.kind === 'answered' && outcome.status === GONE;
    if (waitMs !== undefined && !isGone) {
      return this.#settle(delivery, { lastProblem, dueAtMs: this.#deps.clock.nowMs() + waitMs });
    }
    await this.#disable(delivery, lastProblem);
    await this.#settle(delivery, { state: 'failed', lastProblem });
  }

  /** Before the delivery is settled: a crash in between makes the attempt, and this, happen again. */
  async #disable({ projectId, endpointId, event, attempts }: StoredDelivery, problem: string): Promise<void> {
    const reason = `${event.id} could not be delivered in ${attempts} attempts: ${problem}`;
    if (await this.#endpoints.disable(projectId, endpointId, reason)) {
      this.#deps.log.warn('a webhook endpoint was disabled', { projectId, endpointId, reason });
    }
    await this.announce(projectId, 'webhook_endpoint.disabled', endpointId, `${endpointId} ${event.id}`);
  }

  async #settle(delivery: StoredDelivery, change: Partial<StoredDelivery>): Promise<void> {
    const key = KEYS.webhookDelivery(delivery.projectId, delivery.id);
    const stored = await this.#documents.update(key, (current) =>
      // Somebody else took it over when this attempt was taken for dead.
      current.attempts === delivery.attempts && current.state === 'pending' ? { ...current, ...change } : undefined,
    );
    if (stored?.document.state === 'pending') await this.#mark(stored.document);
    if (stored?.document.dueAtMs === delivery.dueAtMs && stored.document.state === 'pending') return;
    await this.#deps.store.delete(KEYS.dueDelivery(delivery.dueAtMs, delivery.projectId, delivery.id));
  }

  async #mark({ dueAtMs, projectId, id }: StoredDelivery): Promise<void> {
    await this.#deps.store.put(KEYS.dueDelivery(dueAtMs, projectId, id), new Uint8Array());
  }
}

/** The same event for the same type and occasion. */
export function webhookEvent(
  type: WebhookEventType,
  objectId: string,
  nowMs: number,
  occasion = objectId,
): WebhookEvent {
  const id = `evt_${digest(`${type} ${occasion}`)}`;
  return { id, object: 'event', created_at: Math.floor(nowMs / 1000), type, data: { id: objectId } };
}

function newDelivery(
  { projectId, id: endpointId }: StoredWebhookEndpoint,
  event: WebhookEvent,
  nowMs: number,
  writeId: string,
): StoredDelivery {
  return {
    schemaVersion: 1,
    writeId,
    id: `whd_${digest(`${event.id} ${endpointId}`)}`,
    projectId,
    endpointId,
    event,
    state: 'pending',
    attempts: 0,
    dueAtMs: nowMs,
    lastProblem: null,
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const dueAtOf = (key: string): number => Number(key.slice(KEYS.dueDeliveries.length).slice(0, TIME_LENGTH));

function namesIn(key: string): { projectId: string; id: string } {
  const entry = key.slice(KEYS.dueDeliveries.length + TIME_LENGTH + 1);
  // Ids of deliveries hold no dash; those of projects may.
  const cut = entry.lastIndexOf('--');
  return { projectId: entry.slice(0, cut), id: entry.slice(cut + 2) };
}
