/**
 * A process that writes to a shared store, started by the multi-process tests and killed without warning by some.
 *   append <root> <name> <count>  adds "<name>:<n>" to one object by compare-and-swap, reports each confirmed entry
 *   hold <root>                   takes the lock of the same object, says "held", and never lets go
 *   receive <root> <name>         takes and deletes messages until none is left, reports each
 */
import { systemClock } from '../../system/system-clock.js';
import { FilesystemObjectStore } from '../filesystem-object-store.js';
import { FilesystemWorkQueue } from '../filesystem-work-queue.js';
import { KeyLocks } from '../key-locks.js';
import { SharedDirectory } from '../shared-directory.js';

export const KEY = 'race/entries.json';

const [mode, root = '', name = '', count = '0'] = process.argv.slice(2);
const report = (line: string): Promise<void> =>
  new Promise((resolve, reject) => process.send?.(line, (error: Error | null) => (error ? reject(error) : resolve())));

if (mode === 'append') await append(Number(count));
if (mode === 'hold') await holdLock();
if (mode === 'receive') await receiveAll();
process.disconnect?.();

async function append(times: number): Promise<void> {
  const store = await FilesystemObjectStore.open(root, { clock: systemClock });
  for (let done = 0; done < times; ) {
    const current = await store.get(KEY);
    if (current === undefined) throw new Error('The entries vanished');
    const entry = `${name}:${done}`;
    const entries = [...JSON.parse(Buffer.from(current.body).toString()), entry];
    const condition = { kind: 'match', etag: current.etag } as const;
    const result = await store.put(KEY, Buffer.from(JSON.stringify(entries)), { condition });
    if (!result.ok) continue;
    done += 1;
    await report(entry);
  }
  await store.close();
}

async function holdLock(): Promise<void> {
  const locks = await KeyLocks.open(await SharedDirectory.open(root), systemClock);
  await locks.withLock(KEY, async () => {
    await report('held');
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  });
}

async function receiveAll(): Promise<void> {
  const queue = await FilesystemWorkQueue.open<string>(root, { clock: systemClock });
  for (;;) {
    const deliveries = await queue.receive({ maxMessages: 3, waitMs: 0, visibilityTimeoutMs: 60_000 });
    if (deliveries.length === 0) break;
    for (const { message, receipt } of deliveries) {
      await report(message);
      await queue.delete(receipt);
    }
  }
  await queue.close();
}
