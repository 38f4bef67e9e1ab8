import { describe, expect, it } from 'vitest';
import { AverageTurn } from './average-turn.js';

/** An exchange that fails on the calls of these numbers. */
function failing(...calls: number[]): () => Promise<void> {
  let call = 0;
  return async () => {
    call++;
    if (calls.includes(call)) throw new Error(`exchange ${call} failed`);
  };
}
const nothing = async (): Promise<number> => 7;
const stuck = 'read: the average could not be exchanged with the parameters; load a snapshot or dispose';

describe('an average that stands in', () => {
  it('gives way after work that is done, and after work that failed', async () => {
    const turn = new AverageTurn();
    expect(await turn.run(failing(), nothing)).toBe(7);
    const failed = turn.run(failing(), () => {
      throw new Error('validation failed');
    });
    await expect(failed).rejects.toThrow(/^validation failed$/);
    expect(() => turn.assertOver('update')).not.toThrow();
  });

  it.each([
    ['come in', 1, nothing, /^exchange 1 failed$/],
    ['give way', 2, nothing, /^exchange 2 failed$/],
    [
      'give way after work that failed',
      2,
      () => Promise.reject(new Error('validation failed')),
      /^validation failed; after it, exchange 2 failed$/,
    ],
  ])('leaves nothing to be used where it could not %s, until all is loaded anew', async (_, call, work, says) => {
    const turn = new AverageTurn();
    await expect(turn.run(failing(call), work)).rejects.toThrow(says);
    expect(() => turn.assertKnown('read')).toThrow(stuck);
    expect(() => turn.assertOver('read')).toThrow(stuck);
    await expect(turn.run(failing(), nothing)).rejects.toThrow('could not be exchanged');
    expect(() => turn.assertLoadable('load')).not.toThrow();
    turn.loaded();
    expect(await turn.run(failing(), nothing)).toBe(7);
  });
});
