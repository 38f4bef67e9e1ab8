/**
 * Lease rules as pure functions. The lease says who works; its epoch is the fence: it only grows, is part of every path a
 * runner writes, and a write by an older epoch fails its compare-and-swap.
 */
import type { Lease } from '@preheat/contracts';

/** Added to an expiry before somebody else may take over, so that clocks may differ by this much between machines. */
export const CLOCK_SKEW_GRACE_MS = 500;

export interface Leasable {
  readonly lease: Lease | null;
  readonly epoch: number;
}

/** The lease a runner takes: one epoch above any before. */
export function takeLease(document: Leasable, runnerId: string, nowMs: number, ttlMs: number): Lease {
  return { runnerId, epoch: document.epoch + 1, expiresAtMs: nowMs + ttlMs, logged: 0 };
}

/** Whether `lease` is still the one that holds the document. */
export function isHeldBy(document: Leasable, lease: Lease): boolean {
  return document.lease?.epoch === lease.epoch && document.lease.runnerId === lease.runnerId;
}

/** Whether the holder must be presumed dead. */
export function hasExpired(document: Leasable, nowMs: number): boolean {
  return document.lease !== null && nowMs > document.lease.expiresAtMs + CLOCK_SKEW_GRACE_MS;
}

export function renewLease(lease: Lease, nowMs: number, ttlMs: number): Lease {
  return { ...lease, expiresAtMs: nowMs + ttlMs };
}
