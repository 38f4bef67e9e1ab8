/**
 * KEDA's SQS scaler with its defaults: every 30 s, one runner for five messages that are visible or in flight; the last
 * runner leaves 300 s after the queue was last seen busy.
 */
import type { Decision, Policy, PoolView } from '../../policy.js';

const POLL_MS = 30_000;
const MESSAGES_PER_RUNNER = 5;
const COOLDOWN_MS = 300_000;

interface Scaler {
  readonly activeMs: number;
}

export const kedaSqs: Policy<Scaler> = {
  name: 'KEDA',
  nothing: { activeMs: 0 },
  tickMs: POLL_MS,
  decide(view, event, { own, pooled }) {
    if (event.type === 'tick') return { ...poll(view, own), pooled };
    return { actions: event.type === 'released' ? [{ type: 'linger', forMs: Infinity }] : [], own, pooled };
  },
};

function poll(view: PoolView, own: Scaler): Omit<Decision<Scaler>, 'pooled'> {
  const messages = view.queued + view.leases.filter(({ state }) => state === 'busy').length;
  const activeMs = messages > 0 ? view.nowMs : own.activeMs;
  const isCool = view.nowMs - activeMs >= COOLDOWN_MS;
  const to = isCool ? 0 : Math.max(1, Math.ceil(messages / MESSAGES_PER_RUNNER));
  return { actions: [{ type: 'scale', to }], own: { activeMs } };
}
