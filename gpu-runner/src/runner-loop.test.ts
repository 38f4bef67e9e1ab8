import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { JsonLog } from '@preheat/adapters/system';
import { KEYS } from '@preheat/contracts';
import { JobStore } from '@preheat/jobs';
import { type JsonValue, VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import type { RunnerDependencies } from './runner-dependencies.js';
import { runnerLoop } from './runner-loop.js';
import { WarmStay } from './warm-stay.js';

const BREAK_EVEN_MS = 1_350_000;
const POLL_MS = 20_000;

/** A runner for which nothing is queued. */
function idleRunner() {
  const clock = new VirtualClock();
  let count = 0;
  const ports = {
    store: new MemoryObjectStore({ clock }),
    queue: new MemoryWorkQueue<JsonValue>({ clock }),
    clock,
    ids: { next: (prefix: string) => `${prefix}${count++}` },
    log: JsonLog.open({ level: 'error', write: () => undefined }),
  };
  // Only what waiting for work needs.
  const deps = { ...ports, jobs: new JobStore(ports), runnerId: 'r1' } as unknown as RunnerDependencies;
  const held: boolean[] = [];
  const protection = {
    set: async (isProtected: boolean) => {
      if (held.at(-1) !== isProtected) held.push(isProtected);
    },
  };
  const shutdown = new AbortController();
  return { clock, deps, held, shutdown, protection, fromMs: clock.nowMs() };
}

describe('a runner without work', () => {
  it('leaves when its stay is over, where machines are started for work', async () => {
    const { clock, deps, protection, shutdown, fromMs } = idleRunner();
    const stay = new WarmStay(deps);
    await clock.run(runnerLoop(deps, { shutdown: shutdown.signal, protection, stay, exitWhenIdle: true }));
    expect(clock.nowMs() - fromMs).toBeGreaterThanOrEqual(BREAK_EVEN_MS);
    expect(clock.nowMs() - fromMs).toBeLessThanOrEqual(BREAK_EVEN_MS + POLL_MS);
  });

  it('gives up the protection of its machine then, where something else stops machines, and works on', async () => {
    const { clock, deps, protection, held, shutdown } = idleRunner();
    const stay = new WarmStay(deps);
    const running = runnerLoop(deps, { shutdown: shutdown.signal, protection, stay, exitWhenIdle: false });
    await clock.advance(BREAK_EVEN_MS - POLL_MS);
    expect(held).toEqual([true]);
    await clock.advance(3 * POLL_MS);
    expect(held).toEqual([true, false]);
    shutdown.abort('SIGTERM');
    await clock.run(running);
  });

  it('stays where nobody asked it to leave, and keeps nothing but that it is there', async () => {
    const { clock, deps, protection, held, shutdown } = idleRunner();
    const running = runnerLoop(deps, { shutdown: shutdown.signal, protection, exitWhenIdle: false });
    await clock.advance(10 * BREAK_EVEN_MS);
    expect(held).toEqual([]);
    expect((await deps.store.list('')).entries.map(({ key }) => key)).toEqual([KEYS.runner('r1')]);
    shutdown.abort('SIGTERM');
    await clock.run(running);
    expect((await deps.store.list('')).entries).toEqual([]);
  });

  it('leaves though the store cannot be reached', async () => {
    const { clock, deps, protection, shutdown, fromMs } = idleRunner();
    const store = new Proxy(deps.store, { get: () => () => Promise.reject(new Error('the store is away')) });
    const broken = { ...deps, store };
    const stay = new WarmStay(broken);
    await clock.run(runnerLoop(broken, { shutdown: shutdown.signal, protection, stay, exitWhenIdle: true }));
    expect(clock.nowMs() - fromMs).toBeLessThanOrEqual(BREAK_EVEN_MS + POLL_MS);
  });
});
