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
    expect(await holds.lift()).toEqual(hold);
    expect(await holds.current()).toBeNull();
    expect(await holds.lift()).toBeNull();
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
    await holds.lift();
    expect(await holds.notice(first)).toBe(false);
    expect(await holds.current()).toBeNull();
    await clock.advance(HOUR);
    expect(await holds.notice(holdOf({ untilMs }))).toBe(true);
    expect(await holds.current()).not.toBeNull();
  });

  it('leaves a hold that ends no sooner, prolongs one that does, and is nothing once its time is over', async () => {
    const { clock, holds, holdOf } = platform();
    const nowMs = clock.nowMs();
    await holds.set(holdOf({ reason: 'for good' }));
    expect(await holds.notice(holdOf({ untilMs: nowMs + HOUR }))).toBe(false);
    await holds.set(holdOf({ reason: 'for a minute', untilMs: nowMs + 60_000 }));
    expect(await holds.notice(holdOf({ untilMs: nowMs + HOUR }))).toBe(true);
    expect(await holds.current()).toMatchObject({ reason: 'the budget is spent' });
    await clock.advance(2 * HOUR);
    expect(await holds.notice(holdOf({ sinceMs: nowMs, untilMs: nowMs + HOUR }))).toBe(false);
  });
});
