/**
 * Knative's pod autoscaler with its defaults: every 2 s, as many as the mean concurrency of a minute asks for at 0.7 of one job
 * a runner; panic when six seconds ask for twice what there is, and no scaling down until a minute without panic; at most
 * ÷2 down a tick; the last runner leaves 30 s after a minute without work. A job at zero wakes one at once (the activator).
 */
import type { Action, Decision, Policy, PoolView } from '../../policy.js';

const TICK_MS = 2_000;
const STABLE_TICKS = 30;
const PANIC_TICKS = 3;
const PANIC_MS = 60_000;
const PANIC_THRESHOLD = 2;
const TARGET = 0.7;
const ZERO_GRACE_MS = 30_000;

interface Autoscaler {
  /** Jobs that wait or run, a sample a tick, the newest last. */
  readonly concurrency: readonly number[];
  readonly panicUntilMs: number;
  readonly panicMost: number;
  readonly zeroSinceMs: number | null;
}

export const knativeKpa: Policy<Autoscaler> = {
  name: 'Knative KPA',
  nothing: { concurrency: [], panicUntilMs: 0, panicMost: 0, zeroSinceMs: null },
  tickMs: TICK_MS,
  decide(view, event, { own, pooled }) {
    if (event.type === 'tick') return { ...scale(view, own), pooled };
    if (event.type === 'released') return { actions: [{ type: 'linger', forMs: Infinity }], own, pooled };
    const actions: Action[] = view.leases.length === 0 ? [{ type: 'wake' }] : [];
    return { actions, own, pooled };
  },
};

function scale(view: PoolView, own: Autoscaler): Omit<Decision<Autoscaler>, 'pooled'> {
  const now = view.queued + view.leases.filter(({ state }) => state === 'busy').length;
  const concurrency = [...own.concurrency, now].slice(-STABLE_TICKS);
  const stable = Math.ceil(mean(concurrency) / TARGET);
  const panic = Math.ceil(mean(concurrency.slice(-PANIC_TICKS)) / TARGET);
  const ready = view.leases.length;
  const isBurst = panic / Math.max(1, ready) >= PANIC_THRESHOLD;
  const panicUntilMs = isBurst ? view.nowMs + PANIC_MS : own.panicUntilMs;
  const isPanic = view.nowMs < panicUntilMs;
  const panicMost = isPanic ? Math.max(own.panicMost, panic, ready) : 0;
  const wanted = isPanic ? panicMost : Math.max(stable, Math.floor(ready / 2));
  const zeroSinceMs = wanted > 0 ? null : (own.zeroSinceMs ?? view.nowMs);
  const mayBeZero = zeroSinceMs !== null && view.nowMs - zeroSinceMs >= ZERO_GRACE_MS;
  const to = mayBeZero ? 0 : Math.max(1, wanted);
  return { actions: [{ type: 'scale', to }], own: { concurrency, panicUntilMs, panicMost, zeroSinceMs } };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
