/** Conformance: create-once and compare-and-swap, alone and in races. The platform's safety rests on these. */
import { expect, test } from 'vitest';
import type { ObjectStore, PutResult } from '../object-store.js';
import { bytes, text } from './bytes.js';

const LOST: PutResult = { ok: false, reason: 'precondition' };
const NO_SUCH_ETAG = '"d41d8cd98f00b204e9800998ecf8427f"';

/**
 * @param raceRetries For a server that checks a condition and writes in two steps: now and then a race there has two winners,
 * which says nothing about the adapter. An adapter that sends no condition loses every try.
 */
export function conditionalWriteTests(store: () => ObjectStore, raceRetries: number): void {
  const retried = { retry: raceRetries };

  test('create-once succeeds once and leaves the first body', async () => {
    const condition = { kind: 'absent' } as const;
    expect((await store().put('cas/once', bytes('first'), { condition })).ok).toBe(true);
    expect(await store().put('cas/once', bytes('second'), { condition })).toEqual(LOST);
    expect(text((await store().get('cas/once'))?.body)).toBe('first');
  });

  test('create-once succeeds again after a delete', async () => {
    const condition = { kind: 'absent' } as const;
    await store().put('cas/recreated', bytes('1'), { condition });
    await store().delete('cas/recreated');
    expect((await store().put('cas/recreated', bytes('2'), { condition })).ok).toBe(true);
  });

  test('compare-and-swap needs the current ETag, and each success gives the next one', async () => {
    let etag = await putNew(store(), 'cas/chain', 'v0');
    const firstEtag = etag;
    for (let version = 1; version <= 3; version++) {
      etag = etagOf(await store().put('cas/chain', bytes(`v${version}`), { condition: { kind: 'match', etag } }));
      expect((await store().head('cas/chain'))?.etag).toBe(etag);
    }
    const stale = { condition: { kind: 'match', etag: firstEtag } } as const;
    expect(await store().put('cas/chain', bytes('late'), stale)).toEqual(LOST);
    expect(text((await store().get('cas/chain'))?.body)).toBe('v3');
  });

  test('compare-and-swap on a missing or deleted object loses and creates nothing', async () => {
    const condition = { kind: 'match', etag: NO_SUCH_ETAG } as const;
    expect(await store().put('cas/never', bytes('x'), { condition })).toEqual(LOST);
    const etag = await putNew(store(), 'cas/gone', 'x');
    await store().delete('cas/gone');
    expect(await store().put('cas/gone', bytes('y'), { condition: { kind: 'match', etag } })).toEqual(LOST);
    expect(await store().head('cas/never')).toBeUndefined();
    expect(await store().head('cas/gone')).toBeUndefined();
  });

  test('of 8 racing creators exactly one wins, and its body is the one stored', retried, async () => {
    for (let round = 0; round < 5; round++) {
      const key = `cas/create-race/${round}`;
      await store().delete(key);
      const results = await race((body) => store().put(key, body, { condition: { kind: 'absent' } }));
      await expectOneWinner(store(), key, results);
    }
  });

  test('of 8 writers racing from one version exactly one wins', retried, async () => {
    for (let round = 0; round < 5; round++) {
      const key = `cas/swap-race/${round}`;
      const etag = await putNew(store(), key, 'start');
      const results = await race((body) => store().put(key, body, { condition: { kind: 'match', etag } }));
      await expectOneWinner(store(), key, results);
    }
  });

  test('no increment is lost by 4 writers who retry', retried, async () => {
    await store().put('cas/counter', bytes('0'));
    await Promise.all(Array.from({ length: 4 }, () => increment(store(), 'cas/counter', 6)));
    expect(text((await store().get('cas/counter'))?.body)).toBe('24');
  });

  test('a streamed write obeys the same conditions', async () => {
    const once = { condition: { kind: 'absent' } } as const;
    const etag = etagOf(await store().putStream('cas/stream', chunk('a'), once));
    expect(await store().putStream('cas/stream', chunk('b'), once)).toEqual(LOST);
    expect((await store().putStream('cas/stream', chunk('c'), { condition: { kind: 'match', etag } })).ok).toBe(true);
    const stale = { condition: { kind: 'match', etag } } as const;
    expect(await store().putStream('cas/stream', chunk('d'), stale)).toEqual(LOST);
    expect(text((await store().get('cas/stream'))?.body)).toBe('c');
  });
}

function race(write: (body: Uint8Array) => Promise<PutResult>): Promise<PutResult[]> {
  return Promise.all(Array.from({ length: 8 }, (_, writer) => write(bytes(`writer ${writer}`))));
}

/** Losers may be told `conflict` (try again) or `precondition` (lost); a backend may not refuse everybody. */
async function expectOneWinner(store: ObjectStore, key: string, results: PutResult[]): Promise<void> {
  const winners = results.flatMap((result, writer) => (result.ok ? [{ writer, etag: result.etag }] : []));
  expect(winners).toHaveLength(1);
  const stored = await store.get(key);
  expect(text(stored?.body)).toBe(`writer ${winners[0]?.writer}`);
  expect(stored?.etag).toBe(winners[0]?.etag);
}

async function increment(store: ObjectStore, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const current = await store.get(key);
    if (current === undefined) throw new Error(`The counter ${key} vanished`);
    const next = bytes(String(Number(text(current.body)) + 1));
    const result = await store.put(key, next, { condition: { kind: 'match', etag: current.etag } });
    if (result.ok) done += 1;
  }
}

async function putNew(store: ObjectStore, key: string, body: string): Promise<string> {
  return etagOf(await store.put(key, bytes(body)));
}

function etagOf(result: PutResult): string {
  if (!result.ok) throw new Error(`The write was refused: ${result.reason}`);
  return result.etag;
}

async function* chunk(body: string): AsyncGenerator<Uint8Array> {
  yield bytes(body);
}
