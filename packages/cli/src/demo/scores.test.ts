import type { OutputItem } from '@preheat/sdk';
import { expect, it } from 'vitest';
import { readScores } from './scores.js';

function item(id: number, phonemes: number, error: OutputItem['sample']['error'] = null): OutputItem {
  const results = [
    { name: 'reward', score: phonemes / 2, passed: false },
    { name: 'phonemes', score: phonemes, passed: phonemes === 1 },
  ];
  return { datasource_item_id: id, results, sample: { error } } as unknown as OutputItem;
}

async function* streamOf(...items: OutputItem[]): AsyncGenerator<OutputItem> {
  yield* items;
}

it('reads scores in the order of the file, whatever order they arrive in', async () => {
  const scores = await readScores(streamOf(item(1, 1), item(0, 0.75)), 2, 'm');
  expect(scores).toEqual({ exact: [0, 1], phonemeErrorRate: [0.25, 0], reward: [0.375, 0.5] });
});

it('refuses a run with a missing word or an item that failed', async () => {
  await expect(readScores(streamOf(item(0, 1)), 2, 'm')).rejects.toThrow('has 1 of 2 items');
  const failed = item(0, 0, { code: 'overloaded', message: 'no room' });
  await expect(readScores(streamOf(failed), 1, 'm')).rejects.toThrow(
    'item 0 of the run of m cannot be scored: no room',
  );
});
