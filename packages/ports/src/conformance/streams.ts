/** Conformance: streamed reads and writes of objects too large to hold twice. */
import { expect, test } from 'vitest';
import type { ObjectStore } from '../object-store.js';
import { bytes, collect, pattern, sameBytes, text } from './bytes.js';

export function streamTests(store: () => ObjectStore): void {
  test('33 MiB in uneven chunks go in and come out unchanged', async () => {
    const whole = pattern(33 * 2 ** 20 + 17);
    const put = await store().putStream('stream/large', pieces(whole, 777_777));
    const read = await store().getStream('stream/large');
    expect(read?.size).toBe(whole.length);
    expect(put).toEqual({ ok: true, etag: read?.etag });
    expect(read !== undefined && sameBytes(await collect(read.body), whole)).toBe(true);
  });

  test('a streamed object is an ordinary object', async () => {
    await store().putStream('stream/small', pieces(bytes('0123456789'), 3));
    expect(text((await store().get('stream/small'))?.body)).toBe('0123456789');
    expect((await store().head('stream/small'))?.size).toBe(10);
  });

  test('a stream of nothing makes an empty object', async () => {
    await store().putStream('stream/empty', pieces(new Uint8Array(0), 1));
    const read = await store().getStream('stream/empty');
    expect(read !== undefined && (await collect(read.body)).length).toBe(0);
  });

  test('a range streams only its bytes, and past the end none', async () => {
    await store().put('stream/range', bytes('0123456789'));
    const middle = await store().getStream('stream/range', { range: { offset: 2, length: 5 } });
    expect(text(middle && (await collect(middle.body)))).toBe('23456');
    expect(middle?.size).toBe(10);
    const past = await store().getStream('stream/range', { range: { offset: 10 } });
    expect(past && (await collect(past.body)).length).toBe(0);
  });

  test('a reader may stop early', async () => {
    await store().put('stream/partial', pattern(2 ** 20));
    const read = await store().getStream('stream/partial');
    for await (const chunk of read?.body ?? []) {
      expect(chunk[0]).toBe(0);
      break;
    }
    expect((await store().head('stream/partial'))?.size).toBe(2 ** 20);
  });

  test.each([1, 17 * 2 ** 20])('a source that fails after %d bytes writes nothing', async (goodBytes) => {
    await store().put('stream/failing', bytes('before'));
    await expect(store().putStream('stream/failing', failsAfter(goodBytes))).rejects.toThrow('source broke');
    expect(text((await store().get('stream/failing'))?.body)).toBe('before');
  });

  test('what a stream that was cut off left behind is not seen, and whoever tries again writes the whole', async () => {
    const whole = pattern(34 * 2 ** 20);
    const changed = whole.slice();
    // In the second part of an adapter that writes in parts.
    changed[20 * 2 ** 20] = 99;
    const once = { condition: { kind: 'absent' } } as const;
    await expect(store().putStream('stream/resumed', thenFails(changed), once)).rejects.toThrow('source broke');
    expect(await store().head('stream/resumed')).toBeUndefined();
    expect((await store().list('stream/resumed')).entries).toEqual([]);
    expect(await store().putStream('stream/resumed', pieces(whole, 777_777), once)).toMatchObject({ ok: true });
    const read = await store().getStream('stream/resumed');
    expect(read !== undefined && sameBytes(await collect(read.body), whole)).toBe(true);
    expect(await store().putStream('stream/resumed', pieces(whole, 777_777), once)).toMatchObject({ ok: false });
  });

  test('a reader keeps the version it opened while a writer replaces it', async () => {
    const old = pattern(3 * 2 ** 20);
    await store().put('stream/versions', old);
    const read = await store().getStream('stream/versions');
    await store().put('stream/versions', bytes('new'));
    expect(read !== undefined && sameBytes(await collect(read.body), old)).toBe(true);
  });
}

async function* pieces(whole: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

const failsAfter = (goodBytes: number): AsyncGenerator<Uint8Array> => thenFails(pattern(goodBytes));

async function* thenFails(good: Uint8Array): AsyncGenerator<Uint8Array> {
  yield good;
  throw new Error('source broke');
}
