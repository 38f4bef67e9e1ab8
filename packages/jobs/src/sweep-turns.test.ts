import { MemoryObjectStore } from '@preheat/adapters/memory';
import { KEYS } from '@preheat/contracts';
import { type Log, VirtualClock } from '@preheat/ports';
import { beforeEach, describe, expect, it } from 'vitest';
import { inLanes, SweepTurn, SweepTurns } from './sweep-turns.js';

const warnings: string[] = [];
const log = { warn: (message: string) => void warnings.push(message) } as unknown as Log;
let clock: VirtualClock;
let store: MemoryObjectStore;
beforeEach(async () => {
  warnings.length = 0;
  clock = new VirtualClock(0);
  store = new MemoryObjectStore({ clock });
  for (const name of 'abcdefgh') await store.put(`x/${name}`, new Uint8Array());
});

/** Names that a turn sees when each takes a second. */
async function seenIn(turn: SweepTurn, isDue?: (key: string) => boolean): Promise<string> {
  let seen = '';
  await inLanes(turn.entries('x/', isDue), 1, async ({ key }) => {
    seen += key.slice(2);
    await clock.advance(1000);
  });
  return seen;
}
const turnOf = (seconds: number, startAfter?: string) =>
  new SweepTurn({ store, clock }, { untilMs: clock.nowMs() + seconds * 1000, startAfter });

describe('a turn', () => {
  it('stops when its time is up, and the next goes on there, round to where it began', async () => {
    const first = turnOf(3);
    expect([await seenIn(first), first.stoppedAt]).toEqual(['abc', 'x/c']);
    const second = turnOf(7, first.stoppedAt);
    expect([await seenIn(second), second.stoppedAt]).toEqual(['defghab', 'x/b']);
    const whole = turnOf(100, second.stoppedAt);
    expect([await seenIn(whole), whole.stoppedAt]).toEqual(['cdefghab', undefined]);
  });

  it('goes on behind an entry that is gone, and sees nothing that is not due', async () => {
    await store.delete('x/c');
    const turn = turnOf(100, 'x/c');
    expect(await seenIn(turn, (key) => key < 'x/f')).toBe('deab');
  });

  it('that is given more time goes on where it stopped, and sees nothing twice', async () => {
    const turn = turnOf(3, 'x/e');
    expect(await seenIn(turn)).toBe('fgh');
    turn.goOn(clock.nowMs() + 2000);
    expect([await seenIn(turn), turn.stoppedAt]).toEqual(['ab', 'x/b']);
    turn.goOn(clock.nowMs() + 100_000);
    expect([await seenIn(turn), turn.isDone]).toEqual(['cde', true]);
    expect(await seenIn(turn)).toBe('');
  });

  it('that had no time stays where it was', async () => {
    const turn = turnOf(0, 'x/c');
    expect([await seenIn(turn), turn.stoppedAt]).toEqual(['', 'x/c']);
  });
});

describe('the turns of a sweep', () => {
  it('share its time, and are gone on with by the next', async () => {
    const sweep = async () => {
      const turns = await SweepTurns.begin({ store, clock, log }, { long: 3, short: 1 }, clock.nowMs() + 4000);
      const seen = [await seenIn(turns.take('long')), await seenIn(turns.take('short'))];
      return [...seen, await turns.keep()];
    };
    expect(await sweep()).toEqual(['abc', 'a', ['long', 'short']]);
    expect(await sweep()).toEqual(['def', 'b', ['long', 'short']]);
  });

  it('are taken again in the time that others leave', async () => {
    const shares = { long: 1, short: 1 };
    const turns = await SweepTurns.begin({ store, clock, log }, shares, clock.nowMs() + 6000);
    expect(await seenIn(turns.take('long'))).toBe('abc');
    for await (const entry of turns.take('short').entries('none/')) throw new Error(entry.key);
    expect(turns.again(['long', 'short'])).toEqual(['long']);
    expect(await seenIn(turns.take('long'))).toBe('def');
    expect(turns.again(['long', 'short'])).toEqual([]);
    expect(await turns.keep()).toEqual(['long']);
  });

  it('are gone on with although the process is stopped in a later stage', async () => {
    const begin = () => SweepTurns.begin({ store, clock, log }, { long: 1, short: 1 }, clock.nowMs() + 4000);
    const stopped = await begin();
    expect(await seenIn(stopped.take('long'))).toBe('ab');
    expect(await stopped.keep()).toEqual(['long']);
    expect(await seenIn((await begin()).take('long'))).toBe('cd');
  });

  it('leave no trace where time is not limited, although a stage failed half way', async () => {
    const turns = await SweepTurns.begin({ store, clock, log }, { long: 1 });
    const failing = inLanes(turns.take('long').entries('x/'), 1, () => Promise.reject(new Error('lost')));
    await expect(failing).rejects.toThrow('lost');
    expect(await turns.keep()).toEqual([]);
    expect(await store.head(KEYS.sweepCursors)).toBeUndefined();
  });

  it('begin at the start when it cannot be read where the last ones stopped', async () => {
    await store.put(KEYS.sweepCursors, new TextEncoder().encode('{'));
    const turns = await SweepTurns.begin({ store, clock, log }, { long: 1 }, clock.nowMs() + 2000);
    expect(await seenIn(turns.take('long'))).toBe('ab');
    expect(warnings).toHaveLength(1);
  });
});
