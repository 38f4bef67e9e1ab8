import { expect, it } from 'vitest';
import { closeInTurn } from './close-in-turn.js';

it('closes every part in its turn, whatever fails, and tells what did', async () => {
  const closed: string[] = [];
  const part = (name: string) => ({ close: async () => void closed.push(name) });
  const broken = { close: () => Promise.reject(new Error('stuck')) };
  const closing = closeInTurn([part('graders'), broken, part('platform')]);
  await expect(closing).rejects.toMatchObject({ errors: [new Error('stuck')] });
  expect(closed).toEqual(['graders', 'platform']);
});
