import { KEYS } from '@preheat/contracts';
import { expect, it } from 'vitest';
import { COMPLETIONS, runsUnderTest } from '../test-kit/runs-under-test.js';

it.each(['order=asc', 'order=desc'])(
  'says of a run that is deleted while it is read that it is gone: %s',
  async (query) => {
    const { api, start, work, url } = await runsUnderTest();
    const run = await start(COMPLETIONS);
    await work(run);
    const { store } = api.deps;
    const items = `${KEYS.runObjects(run.eval_id, run.id)}items/`;
    for (const { key } of (await store.list(items)).entries) await store.delete(key);
    const read = () => api.call({ url: `${url}/${run.id}/output_items?${query}` });
    // Nobody deleted it: it is damaged.
    expect((await read()).statusCode).toBe(500);
    await store.put(KEYS.deletedRun(run.eval_id, run.id), new Uint8Array());
    expect([(await read()).statusCode, (await read()).json()]).toMatchObject([404, { error: { param: 'run_id' } }]);
    await api.app.close();
  },
);
