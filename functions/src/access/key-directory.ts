/**
 * Who a key is, for every request: first the keys of the environment, compared in constant time, then those of the store. A
 * key that was found is trusted for `TRUST_MS`, which bounds both the reads of a busy process and the life of a revoked key.
 */
import { timingSafeEqual } from 'node:crypto';
import type { KeyRole } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';
import { type ApiKeys, hashOfKey } from './api-keys.js';

/** A key of the environment. */
export interface ApiKey {
  /** SHA-256 of the key. */
  readonly hash: Buffer;
  readonly projectId: string;
}

export interface KeyHolder {
  readonly role: KeyRole;
  /** Empty for admin keys. */
  readonly projectId: string;
}

export const TRUST_MS = 10_000;
/** So long after it was read a key is still looked up before its address is refused. */
const REMEMBER_MS = 30 * 60_000;
const MAX_TRUSTED = 10_000;

interface TrustedKey {
  readonly holder: KeyHolder;
  readonly untilMs: number;
  readonly readAtMs: number;
}

export class KeyDirectory {
  readonly #fixed: readonly ApiKey[];
  readonly #keys: ApiKeys;
  readonly #clock: Clock;
  readonly #trusted = new Map<string, TrustedKey>();

  constructor(fixed: readonly ApiKey[], keys: ApiKeys, clock: Clock) {
    this.#fixed = fixed;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Whoever needs no look into the store. */
  known(token: string): KeyHolder | undefined {
    const hash = hashOfKey(token);
    const bytes = Buffer.from(hash, 'hex');
    const [found] = this.#fixed.filter((key) => timingSafeEqual(key.hash, bytes));
    if (found) return { role: 'project', projectId: found.projectId };
    const trusted = this.#trusted.get(hash);
    return trusted && trusted.untilMs > this.#clock.nowMs() ? trusted.holder : undefined;
  }

  /** Whether the key was good a while ago: worth a look into the store, whoever else calls from its address. */
  wasGood(token: string): boolean {
    const trusted = this.#trusted.get(hashOfKey(token));
    return trusted !== undefined && trusted.readAtMs + REMEMBER_MS > this.#clock.nowMs();
  }

  async find(token: string): Promise<KeyHolder | undefined> {
    const known = this.known(token);
    if (known) return known;
    const hash = hashOfKey(token);
    const nowMs = this.#clock.nowMs();
    const stored = await this.#keys.find(hash);
    this.#trusted.delete(hash);
    if (!stored) return undefined;
    const holder = { role: stored.role, projectId: stored.projectId ?? '' };
    const untilMs = Math.min(nowMs + TRUST_MS, stored.expiresAtMs ?? Infinity);
    this.#trusted.set(hash, { holder, untilMs, readAtMs: nowMs });
    const [oldest] = this.#trusted.keys();
    if (this.#trusted.size > MAX_TRUSTED && oldest !== undefined) this.#trusted.delete(oldest);
    return holder;
  }
}

/**
 * Parses `sha256hex:projectId` pairs, separated by commas.
 * @throws Error naming the pair's position when one is malformed.
 */
export function parseApiKeys(pairs: string): ApiKey[] {
  return pairs.split(',').map((pair, index) => {
    const match = /^([0-9a-f]{64}):([A-Za-z0-9_-][A-Za-z0-9_.-]{0,127})$/.exec(pair.trim());
    if (!match?.[1] || !match[2]) {
      throw new Error(`PREHEAT_API_KEY_HASHES: pair ${index + 1} is not of the form <sha256 in hex>:<projectId>`);
    }
    return { hash: Buffer.from(match[1], 'hex'), projectId: match[2] };
  });
}
