import { MemoryObjectStore } from '@preheat/adapters/memory';
import { JsonLog } from '@preheat/adapters/system';
import { type JobDocument, KEYS } from '@preheat/contracts';
import { type ObjectStore, VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { WarmStay } from './warm-stay.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Of a boot of 180 s, at nine times its length for who waits, and three quarters of that in a shared pool. */
const BREAK_EVEN_MS = 180 * SECOND * 10 * 0.75;
const OWN = KEYS.keyState('local', 'r1');

class Machine {
  readonly clock = new VirtualClock();
  readonly store: ObjectStore = new MemoryObjectStore({ clock: this.clock });
  readonly warnings: string[] = [];
  #ids = 0;

  runner(runnerId: string, store = this.store): WarmStay {
    const log = JsonLog.open({ level: 'warn', write: (line) => this.warnings.push(line) });
    const ids = { next: (prefix: string) => `${prefix}${this.#ids++}` };
    return new WarmStay({ store, clock: this.clock, ids, log, runnerId });
  }

  job(waitsMs = 0): JobDocument {
    const queuedAtMs = this.clock.nowMs() - waitsMs;
    return { model: 'preheat-1m', createdAtMs: queuedAtMs, queuedAtMs } as JobDocument;
  }

  /** Releases and jobs by turns, each job so long after the release. */
  async cycles(stay: WarmStay, gapsMs: readonly number[]): Promise<void> {
    for (const gapMs of gapsMs) {
      await stay.released();
      await this.clock.advance(gapMs);
      stay.took(this.job());
      await this.clock.advance(30 * SECOND);
    }
  }

  /** How long a runner that stays from now on does. */
  async stayOf(stay: WarmStay): Promise<number> {
    await stay.released();
    const fromMs = this.clock.nowMs();
    while (!stay.isOver && this.clock.nowMs() - fromMs < 7 * 3_600_000) await this.clock.advance(SECOND);
    return this.clock.nowMs() - fromMs;
  }

  async shard(key: string): Promise<{ known: { observed: number } } | undefined> {
    const stored = await this.store.get(key);
    return stored && (JSON.parse(new TextDecoder().decode(stored.body)) as { known: { observed: number } });
  }
}

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

describe('how long a runner stays', () => {
  it('is break-even before anything was learned', async () => {
    const machine = new Machine();
    const stay = machine.runner('r1');
    await stay.open();
    expect(await machine.stayOf(stay)).toBe(BREAK_EVEN_MS);
  });

  it('is no time once jobs never come soon, and a little more than the gap between steady ones', async () => {
    const machine = new Machine();
    const idle = machine.runner('r1');
    await machine.cycles(idle, times(12, 5 * 3_600_000));
    expect(await machine.stayOf(idle)).toBe(0);

    const busy = new Machine();
    const steady = busy.runner('r1');
    await busy.cycles(steady, times(30, 2 * MINUTE));
    const stayMs = await busy.stayOf(steady);
    expect(stayMs).toBeGreaterThan(2 * MINUTE);
    expect(stayMs).toBeLessThan(4 * MINUTE);
  });

  it('is known to a runner that starts after those that learned it are gone', async () => {
    const machine = new Machine();
    const [first, second] = [machine.runner('r1'), machine.runner('r2')];
    await machine.cycles(first, times(12, 5 * 3_600_000));
    await machine.cycles(second, times(12, 5 * 3_600_000));
    await first.close();
    await second.close();
    const third = machine.runner('r3');
    await third.open();
    expect(await machine.stayOf(third)).toBe(0);
  });

  it('counts a job that waited from when it came: the boot of its runner is no gap', async () => {
    const machine = new Machine();
    const [gone, next] = [machine.runner('r1'), machine.runner('r2')];
    await gone.released();
    await gone.close();
    await machine.clock.advance(20 * MINUTE);
    await next.open();
    next.took(machine.job(3 * MINUTE));
    await next.close();
    const shard = await machine.shard(KEYS.keyState('local', 'r2'));
    expect(shard).toMatchObject({ known: { observed: 1, usedMs: [machine.clock.nowMs() - 20 * MINUTE] } });
  });
});

describe('what a runner learned', () => {
  it('is written once a minute at most, and at its end', async () => {
    const machine = new Machine();
    let writes = 0;
    const counting = new Proxy(machine.store, {
      get: (target, name) => {
        if (name === 'put') writes++;
        const member = Reflect.get(target, name, target) as unknown;
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const stay = machine.runner('r1', counting);
    await stay.open();
    for (let second = 0; second < 150; second++) {
      await stay.released();
      stay.took(machine.job());
      await stay.save();
      await machine.clock.advance(SECOND);
    }
    expect(writes).toBe(3);
    await stay.close();
    expect(writes).toBe(4);
    await stay.close();
    expect(writes).toBe(4);
  });

  it('is gone on with under the same name, and given up when somebody folded it', async () => {
    const machine = new Machine();
    const stay = machine.runner('r1');
    await machine.cycles(stay, times(3, MINUTE));
    await stay.close();
    const reborn = machine.runner('r1');
    await reborn.open();
    await machine.cycles(reborn, times(2, MINUTE));
    await reborn.close();
    expect((await machine.shard(OWN))?.known.observed).toBe(5);
    await machine.store.delete(OWN);
    await machine.cycles(reborn, [MINUTE]);
    await reborn.close();
    await machine.cycles(reborn, [MINUTE]);
    await reborn.close();
    expect((await machine.shard(OWN))?.known.observed).toBe(1);
  });

  it.each([
    ['damaged', '{"schemaVersion":1,"known":{"gaps":[[]]}}'],
    ['no JSON', 'x'],
    ['empty', ''],
  ])('costs nothing but money when it is %s: the stay is break-even', async (_, body) => {
    const machine = new Machine();
    for (const key of [OWN, KEYS.keyState('local', 'r2'), KEYS.foldedKeyState('local')]) {
      await machine.store.put(key, new TextEncoder().encode(body));
    }
    const stay = machine.runner('r1');
    await stay.open();
    expect(await machine.stayOf(stay)).toBe(BREAK_EVEN_MS);
    await stay.close();
    expect(machine.warnings.length).toBeGreaterThan(0);
  });

  it('is not missed when the store cannot be reached', async () => {
    const machine = new Machine();
    const broken = new Proxy(machine.store, {
      get: () => () => Promise.reject(new Error('the store is away')),
    });
    const stay = machine.runner('r1', broken);
    await stay.open();
    stay.took(machine.job());
    expect(await machine.stayOf(stay)).toBe(BREAK_EVEN_MS);
    await stay.save();
    await stay.close();
    expect(machine.warnings.length).toBeGreaterThanOrEqual(2);
  });
});
