import { describe, expect, it } from 'vitest';
import { SerialQueue } from './serial-queue.js';

function setUp() {
  const queue = new SerialQueue();
  const log: string[] = [];
  const finish = new Map<string, () => void>();
  const work = (name: string) => () => {
    log.push(`${name} starts`);
    return new Promise<string>((resolve) => {
      finish.set(name, () => {
        log.push(`${name} ends`);
        resolve(name);
      });
    });
  };
  const turn = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return { queue, log, finish, work, turn };
}

describe('SerialQueue', () => {
  it('lets shared work overlap, and keeps exclusive work apart from all other', async () => {
    const { queue, log, finish, work, turn } = setUp();
    const all = [queue.share(work('a')), queue.share(work('b')), queue.run(work('c')), queue.share(work('d'))];
    await turn();
    expect(log).toEqual(['a starts', 'b starts']);
    for (const name of ['b', 'a', 'c', 'd']) {
      finish.get(name)?.();
      await turn();
    }
    expect(log.slice(2)).toEqual(['b ends', 'a ends', 'c starts', 'c ends', 'd starts', 'd ends']);
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes on after a failure, which only its caller sees', async () => {
    const { queue, log, work, finish, turn } = setUp();
    const fail = () => Promise.reject(new Error('no'));
    const outcomes = Promise.allSettled([queue.share(fail), queue.run(fail)]);
    const later = queue.run(work('later'));
    await turn();
    finish.get('later')?.();
    expect(await later).toBe('later');
    expect(log).toEqual(['later starts', 'later ends']);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('closes once, after the work already asked for', async () => {
    const { queue, finish, work, turn, log } = setUp();
    const shared = queue.share(work('shared'));
    const close = async () => void log.push('closed');
    const closing = [queue.close('over', close), queue.close('again', close)];
    await expect(queue.run(work('late'))).rejects.toThrow('over');
    await expect(queue.share(work('late'))).rejects.toThrow('over');
    await turn();
    finish.get('shared')?.();
    await Promise.all([shared, ...closing]);
    expect(log).toEqual(['shared starts', 'shared ends', 'closed']);
  });
});
