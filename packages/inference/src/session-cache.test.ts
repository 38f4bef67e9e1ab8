import { describe, expect, it } from 'vitest';
import { type CachedSession, SessionCache } from './session-cache.js';

class Recorded implements CachedSession {
  readonly byteSize: number;
  isUsable = true;
  closed = false;

  constructor(byteSize = 10) {
    this.byteSize = byteSize;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A cache whose loads are counted, and take no time. */
function counted(budgetBytes: number) {
  const cache = new SessionCache<Recorded>(budgetBytes, { nowMs: () => 0 });
  const made = new Map<string, Recorded[]>();
  const acquire = (modelId: string) =>
    cache.acquire(modelId, async () => {
      const session = new Recorded();
      made.set(modelId, [...(made.get(modelId) ?? []), session]);
      return session;
    });
  return { cache, made, acquire };
}

describe('SessionCache', () => {
  it('replaces a session that broke, and closes it once nobody holds it', async () => {
    const { acquire, made } = counted(100);
    const held = await acquire('a');
    held.session.isUsable = false;
    const next = await acquire('a');
    expect(next.session).not.toBe(held.session);
    expect(held.session.closed).toBe(false);
    await held.release();
    expect(held.session.closed).toBe(true);
    next.session.isUsable = false;
    await next.release();
    expect((await acquire('a')).session).not.toBe(next.session);
    expect(made.get('a')).toHaveLength(3);
  });

  it('is not failed by one that dies while it makes room', async () => {
    const { acquire, cache, made } = counted(10);
    const dying = await acquire('a');
    dying.session.close = async () => {
      dying.session.isUsable = false;
      throw new Error('its thread died');
    };
    await dying.release();
    await (await acquire('b')).release();
    expect(cache.size).toBe(1);
    await (await acquire('c')).release();
    expect(made.get('b')?.[0]?.closed).toBe(true);
  });

  it('loads a model once for everyone who asks at the same time or later', async () => {
    const { acquire, made } = counted(100);
    const leases = await Promise.all([acquire('a'), acquire('a'), acquire('a')]);
    leases.push(await acquire('a'));
    expect(new Set(leases.map(({ session }) => session)).size).toBe(1);
    expect(made.get('a')).toHaveLength(1);
  });

  it('closes the least recently used idle session when over budget', async () => {
    const { acquire, made, cache } = counted(20);
    for (const modelId of ['a', 'b', 'a', 'c']) await (await acquire(modelId)).release();
    expect(cache.size).toBe(2);
    expect([made.get('a'), made.get('b'), made.get('c')].map((list) => list?.[0]?.closed)).toEqual([
      false,
      true,
      false,
    ]);
    await (await acquire('b')).release();
    expect(made.get('b')).toHaveLength(2);
    expect(made.get('a')?.[0]?.closed).toBe(true);
  });

  it('closes first what is opened anew in the shortest time for its bytes, until that has not been used for long', async () => {
    let nowMs = 0;
    const cache = new SessionCache<Recorded>(30, { nowMs: () => nowMs });
    const sessions = new Map<string, Recorded>();
    const use = async (modelId: string, openingMs: number, bytes = 10) => {
      const load = async () => {
        nowMs += openingMs;
        const session = new Recorded(bytes);
        sessions.set(modelId, session);
        return session;
      };
      await (await cache.acquire(modelId, load)).release();
    };
    const open = () => [...sessions].flatMap(([modelId, { closed }]) => (closed ? [] : [modelId]));
    await use('slow', 1_000);
    await use('large', 100, 20);
    await use('quick', 10);
    // Not the least recently used, but what gives back most bytes for the least time.
    expect(open()).toEqual(['slow', 'quick']);
    await use('quick-2', 20);
    await use('quick-3', 20);
    expect(open()).toEqual(['slow', 'quick-2', 'quick-3']);
    // What nobody uses ages: in the end it leaves before what is used.
    for (let round = 0; round < 300; round++) await use(`other-${round}`, 20);
    expect(open()).not.toContain('slow');
  });

  it('hands a session over once, and never one in use', async () => {
    const { acquire, cache, made } = counted(100);
    const lease = await acquire('a');
    expect(cache.take('a')).toBeUndefined();
    await lease.release();
    expect(cache.take('a')).toBe(made.get('a')?.[0]);
    expect([cache.take('a'), cache.size, made.get('a')?.[0]?.closed]).toEqual([undefined, 0, false]);
  });

  it('never closes a session in use, and closes it once it is given back', async () => {
    const { acquire, made } = counted(10);
    const first = await acquire('a');
    const second = await acquire('b');
    expect(first.session.closed).toBe(false);
    await first.release();
    expect(made.get('a')?.[0]?.closed).toBe(true);
    expect(second.session.closed).toBe(false);
    await expect(first.release()).rejects.toThrow('released twice');
  });

  it('tells everyone about a failed load and tries again next time', async () => {
    const cache = new SessionCache<Recorded>(10, { nowMs: () => 0 });
    const failing = () => Promise.reject(new Error('blob is corrupt'));
    const waiting = [cache.acquire('a', failing), cache.acquire('a', failing)];
    for (const each of waiting) await expect(each).rejects.toThrow('blob is corrupt');
    const lease = await cache.acquire('a', async () => new Recorded());
    expect(lease.session.closed).toBe(false);
  });

  it('closes idle sessions at once and leased ones with their release', async () => {
    const { acquire, made, cache } = counted(100);
    await (await acquire('a')).release();
    const lease = await acquire('b');
    await cache.close();
    expect([made.get('a')?.[0]?.closed, lease.session.closed]).toEqual([true, false]);
    await lease.release();
    expect(lease.session.closed).toBe(true);
  });
});

/** A cache of which every opening is ended by hand. */
function openedByHand(budgetBytes: number) {
  const { cache, acquire, made } = counted(budgetBytes);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const open = async (name: string, bytes: number) => {
    const lease = await cache.acquire(name, (opening) =>
      opening(bytes, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        return new Recorded(bytes);
      }),
    );
    await lease.release();
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (name: string) => {
    ends.get(name)?.();
    await turn();
  };
  return { acquire, made, begun, open, turn, end };
}

describe('opening', () => {
  it('goes on at once as far as the budget allows, one always, in order, and makes room before', async () => {
    const { acquire, made, begun, open, turn, end } = openedByHand(10);
    await (await acquire('idle')).release();
    const all = [open('a', 5), open('b', 5), open('c', 20), open('d', 1)];
    await turn();
    expect([...begun].sort()).toEqual(['a', 'b']);
    expect(made.get('idle')?.[0]?.closed).toBe(true);
    await end('a');
    // What is larger than the budget comes alone, and nothing small goes before it for ever.
    expect(begun).toHaveLength(2);
    await end('b');
    expect(begun.slice(2)).toEqual(['c']);
    await end('c');
    expect(begun.slice(2)).toEqual(['c', 'd']);
    await end('d');
    await Promise.all(all);
  });

  it('waits for what is in use and not for what is idle, which makes room', async () => {
    const { acquire, begun, open, turn, end } = openedByHand(30);
    const leases = [await acquire('x'), await acquire('y'), await acquire('z')];
    await leases[1]?.release();
    await leases[2]?.release();
    const all = [open('a', 10), open('b', 10), open('c', 10)];
    await turn();
    expect([...begun].sort()).toEqual(['a', 'b']);
    await leases[0]?.release();
    await turn();
    expect(begun).toHaveLength(3);
    for (const name of begun) await end(name);
    await Promise.all(all);
  });

  it('counts what was opened as long as it takes to arrive', async () => {
    const { cache } = counted(10);
    const leases = ['a', 'b', 'c'].map((name) => {
      const lease = cache.acquire(name, async (opening) => {
        const session = await opening(6, async () => new Recorded(6));
        // As between an opening and what comes of it: others may go on meanwhile.
        for (let step = 0; step < 20; step++) await Promise.resolve();
        open.push(name);
        most = Math.max(most, open.length);
        return session;
      });
      return lease.then(async ({ release }) => {
        await release();
        open.splice(open.indexOf(name), 1);
      });
    });
    const open: string[] = [];
    let most = 0;
    await Promise.all(leases);
    expect(most).toBe(1);
  });

  it('is worth the time of its work, not the time that it waits for its turn', async () => {
    let nowMs = 0;
    const cache = new SessionCache<Recorded>(20, { nowMs: () => nowMs });
    const sessions = new Map<string, Recorded>();
    const use = async (name: string, openingMs: number, bytes: number) => {
      const lease = await cache.acquire(name, (opening) =>
        opening(bytes, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          nowMs += openingMs;
          const session = new Recorded(bytes);
          sessions.set(name, session);
          return session;
        }),
      );
      await lease.release();
    };
    // The second waits for the first, which is as large as all there is.
    await Promise.all([use('large', 1_000, 20), use('quick', 1, 10)]);
    await use('slow', 100, 10);
    await use('next', 10, 10);
    expect([...sessions].flatMap(([name, { closed }]) => (closed ? [] : [name]))).toEqual(['slow', 'next']);
  });

  it('that fails keeps nobody from theirs', async () => {
    const { cache } = counted(10);
    const failing = cache.acquire('a', (opening) => opening(10, () => Promise.reject(new Error('damaged'))));
    const next = cache.acquire('b', (opening) => opening(10, async () => new Recorded()));
    await expect(failing).rejects.toThrow('damaged');
    expect((await next).session.closed).toBe(false);
  });
});
