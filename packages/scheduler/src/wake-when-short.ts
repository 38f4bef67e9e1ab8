/** The rule of pools that do not wait for a busy runner: another job than there are runners without work wakes one more. */
import type { Action, PoolView } from './policy.js';

export function wakesWhenShort({ leases, queued }: PoolView): Action[] {
  let free = 0;
  for (const { state } of leases) if (state === 'idle' || state === 'starting') free++;
  return queued + 1 > free ? [{ type: 'wake' }] : [];
}
