import { MemoryObjectStore } from '@preheat/adapters/memory';
import { JsonLog } from '@preheat/adapters/system';
import { type CapacityHold, KEYS } from '@preheat/contracts';
import { VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { CapacityHolds } from './capacity-holds.js';

const HOUR = 3_600_000;

function platform() {
  const clock = new VirtualClock();
  let count = 0;
  const deps = {
    clock,
    store: new MemoryObjectStore({ clock }),
    ids: { next: (prefix: string) => `${prefix}${count++}` },
    log: JsonLog.open({ level: 'error', write: () => undefined }),
  };
  const holdOf = (more: Partial<CapacityHold> = {}): CapacityHold => {
    return { sinceMs: clock.nowMs(), untilMs: null, reason: 'the budget is spent', running: 'checkpoint', ...more };
  };
  return { clock, deps, holds: new CapacityHolds(deps), holdOf };
}

describe('a hold of capacity', () => {
  it('is there until it is lifted', async () => {
    const { holds, holdOf } = platform();
    expect(await holds.current()).toBeNull();
    const hold = holdOf();
    await holds.set(hold);
    expect(await holds.current()).toEqual(hold);
    expect(await holds.lift('operator')).toEqual(hold);
    expect(await holds.current()).toBeNull();
    expect(await holds.lift('operator')).toBeNull();
  });

  it('ends by itself where it says when', async () => {
    const { clock, holds, holdOf } = platform();
    await holds.set(holdOf({ untilMs: clock.nowMs() + HOUR }));
    await clock.advance(HOUR - 1);
    expect(await holds.current()).not.toBeNull();
    await clock.advance(1);
    expect(await holds.current()).toBeNull();
  });

  it('that cannot be read holds nothing, and is replaced by the next', async () => {
    const { deps, holds, holdOf } = platform();
    await deps.store.put(KEYS.hold, new TextEncoder().encode('{"hold":true}'));
    expect(await holds.current()).toBeNull();
    await holds.set(holdOf());
    expect(await holds.current()).not.toBeNull();
    const away = new Proxy(deps.store, { get: () => () => Promise.reject(new Error('the store is away')) });
    expect(await new CapacityHolds({ ...deps, store: away }).current()).toBeNull();
  });
});

describe('a notice', () => {
  it('that comes twice, or after somebody lifted the hold, changes nothing; a newer one does', async () => {
    const { clock, holds, holdOf } = platform();
    const untilMs = clock.nowMs() + 24 * HOUR;
    const first = holdOf({ untilMs });
    expect([await holds.notice(first), await holds.notice(first)]).toEqual([true, false]);
    await clock.advance(HOUR);
    await holds.lift('budget');
    expect(await holds.notice(first)).toBe(false);
    expect(await holds.current()).toBeNull();
    await clock.advance(HOUR);
    expect(await holds.notice(holdOf({ untilMs }))).toBe(true);
    expect(await holds.current()).not.toBeNull();
  });

  it('prolongs and sharpens what the budget holds, and is nothing once its time is over', async () => {
    const { clock, holds, holdOf } = platform();
    const nowMs = clock.nowMs();
    const until = (ms: number, more: Partial<CapacityHold> = {}) => holdOf({ sinceMs: nowMs, untilMs: ms, ...more });
    expect(await holds.notice(until(nowMs + HOUR, { running: 'finish' }))).toBe(true);
    expect(await holds.notice(until(nowMs + 60_000, { running: 'finish' }))).toBe(false);
    expect(await holds.notice(until(nowMs + 60_000))).toBe(true);
    expect(await holds.current()).toEqual(until(nowMs + HOUR));
    expect(await holds.notice(until(nowMs + 2 * HOUR, { running: 'finish' }))).toBe(true);
    expect(await holds.current()).toEqual(until(nowMs + 2 * HOUR));
    await clock.advance(2 * HOUR);
    expect(await holds.notice(until(nowMs + HOUR))).toBe(false);
  });
});

describe('the operator and the budget', () => {
  const SPENT = { reason: 'the budget is spent' };
  const BY_HAND = { reason: 'maintenance' };

  it('hold beside each other: what the operator says for an hour ends nothing of the budget', async () => {
    const { clock, holds, holdOf } = platform();
    const monthEndMs = clock.nowMs() + 24 * HOUR;
    await holds.notice(holdOf({ ...SPENT, untilMs: monthEndMs }));
    await holds.set(holdOf({ ...BY_HAND, untilMs: clock.nowMs() + HOUR }));
    expect(await holds.current()).toMatchObject({ ...SPENT, untilMs: monthEndMs });
    await clock.advance(2 * HOUR);
    expect(await holds.current()).toMatchObject({ ...SPENT, untilMs: monthEndMs });
  });

  it('are lifted one by one: the budget that noticed beneath a hold for good is left', async () => {
    const { clock, holds, holdOf } = platform();
    const byHand = holdOf(BY_HAND);
    await holds.set(byHand);
    await clock.advance(HOUR);
    const spent = holdOf({ ...SPENT, untilMs: clock.nowMs() + HOUR });
    expect(await holds.notice(spent)).toBe(true);
    expect(await holds.current()).toEqual(byHand);
    expect(await holds.lift('operator')).toEqual(byHand);
    expect(await holds.current()).toEqual(spent);
    // What is lifted of the operator settles nothing of the budget.
    expect(await holds.notice({ ...spent, untilMs: clock.nowMs() + 2 * HOUR })).toBe(true);
    await holds.set(byHand);
    expect(await holds.lift('budget')).toMatchObject(SPENT);
    expect(await holds.current()).toEqual(byHand);
  });

  it.each(['set first', 'noticed first'])('are both heard of jobs that run, %s', async (order) => {
    const { clock, holds, holdOf } = platform();
    const byHand = holdOf({ ...BY_HAND, running: 'finish' });
    const spent = holdOf({ ...SPENT, sinceMs: clock.nowMs() + 1, untilMs: clock.nowMs() + HOUR });
    if (order === 'set first') await holds.set(byHand);
    await holds.notice(spent);
    if (order !== 'set first') await holds.set(byHand);
    expect(await holds.current()).toEqual({ ...byHand, running: 'checkpoint' });
    await clock.advance(HOUR);
    expect(await holds.current()).toEqual(byHand);
  });
});
