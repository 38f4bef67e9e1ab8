/** Epochs only grow and have one runner; within one, progress only grows; the place to resume from never goes back. */
import type { Property } from '../property.js';

export const stepsNeverGoBack: Property = {
  name: 'steps never go backwards within an epoch',

  committed({ versions }) {
    const [before, now] = versions?.slice(-2).map(({ job }) => job) ?? [];
    if (!before || !now) return undefined;
    if (now.epoch < before.epoch) return `${now.id} went from epoch ${before.epoch} to ${now.epoch}`;
    if (now.lease && now.lease.epoch !== now.epoch) return `${now.id} is leased in epoch ${now.lease.epoch}`;
    if ((now.resume?.step ?? 0) < (before.resume?.step ?? 0)) {
      return `${now.id} resumed from ${before.resume?.step}, now from ${now.resume?.step}`;
    }
    if (now.epoch !== before.epoch) return undefined;
    if (now.lease && before.lease && now.lease.runnerId !== before.lease.runnerId) {
      return `${now.id} changed from ${before.lease.runnerId} to ${now.lease.runnerId} within epoch ${now.epoch}`;
    }
    if ((now.progress?.step ?? 0) >= (before.progress?.step ?? 0)) return undefined;
    return `${now.id} went from step ${before.progress?.step} to ${now.progress?.step} within epoch ${now.epoch}`;
  },
};
