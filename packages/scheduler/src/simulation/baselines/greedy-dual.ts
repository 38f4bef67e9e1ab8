/**
 * FaasCache (Fuerst and Sharma, ASPLOS 2021): nobody leaves by time. When runners are short the one of least priority goes:
 * clock + frequency · cost / size, where the clock is the priority of the last victim. Here all runners are of one size.
 */
import type { Action, Policy } from '../../policy.js';
import { wakesWhenShort } from '../../wake-when-short.js';

export const greedyDual: Policy<number> = {
  name: 'Greedy-Dual',
  nothing: 0,
  decide(view, event, { own, pooled }) {
    if (event.type === 'submitted') return { actions: wakesWhenShort(view), own: own + 1, pooled };
    if (event.type === 'tick') return { actions: [], own, pooled };
    const priority = view.evictedPriority + own * (view.bootMs + view.loadMs);
    const actions: Action[] = [{ type: 'linger', forMs: Infinity, priority }];
    return { actions, own, pooled };
  },
};
