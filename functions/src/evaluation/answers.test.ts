import { describe, expect, it } from 'vitest';
import { COMPLETIONS, runsUnderTest } from '../test-kit/runs-under-test.js';

describe('an answer without a limit', () => {
  it('has the room that its own prompt leaves, whichever rows come with it', async () => {
    const { api, start, work, items } = await runsUnderTest();
    const rows = ['a', 'ab'.repeat(30)].map((word) => ({ item: { word, references: ['x'] } }));
    const source = { type: 'file_content', content: rows };
    const sampling_params = { temperature: 1, seed: 2 };
    const run = await start({ ...COMPLETIONS, source, sampling_params }, { samples_per_item: 16 });
    await work(run);
    const { data } = await items(run, 'limit=100');
    const full = data.filter(({ sample }) => sample.finish_reason === 'length');
    expect(new Set(full.map(({ datasource_item_id }) => datasource_item_id))).toEqual(new Set([0, 1]));
    expect(full.map(({ sample }) => sample.usage.total_tokens)).toEqual(full.map(() => 128));
    await api.app.close();
  });
});
