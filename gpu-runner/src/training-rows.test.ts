import { MemoryObjectStore } from '@preheat/adapters/memory';
import { systemClock } from '@preheat/adapters/system';
import { KEYS } from '@preheat/contracts';
import type { ObjectStore, StoredStream } from '@preheat/ports';
import { expect, it } from 'vitest';
import { readRows } from './training-rows.js';

const FILE = 'file-rows';
const row = (question: string) => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: 'é' },
  ],
});

/** A store that refuses to hold a file, and gives it in pieces that end inside of lines and of characters. */
async function storeOf(text: string): Promise<ObjectStore> {
  const store = new MemoryObjectStore({ clock: systemClock });
  const bytes = new TextEncoder().encode(text);
  await store.put(KEYS.fileContent(FILE), bytes);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.slice(at, at + 7);
  }
  const streamed = {
    get: () => Promise.reject(new Error('a file may be larger than a buffer or a string')),
    getStream: async (key: string): Promise<StoredStream | undefined> => {
      const found = await store.getStream(key);
      return found && { ...found, body: pieces() };
    },
  };
  return streamed as unknown as ObjectStore;
}

it('reads rows as a stream, in file order, however the stream is cut', async () => {
  const rows = [row('猫'), row('naïve'), row('')];
  const text = `${rows.map((each) => JSON.stringify(each)).join('\n')}\n\n`;
  expect(await readRows(await storeOf(text), FILE, 'supervised')).toEqual(rows);
});

it('names the line that does not fit, and the file that is gone', async () => {
  const store = await storeOf(`${JSON.stringify(row('a'))}\n\n{"messages":1}`);
  await expect(readRows(store, FILE, 'supervised')).rejects.toThrow(`${FILE} line 3`);
  await expect(readRows(store, 'file-gone', 'supervised')).rejects.toThrow('file-gone is missing');
});
