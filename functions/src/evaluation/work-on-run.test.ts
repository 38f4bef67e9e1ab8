import { KEYS } from '@preheat/contracts';
import { expect, it, vi } from 'vitest';
import { COMPLETIONS, runsUnderTest } from '../test-kit/runs-under-test.js';

it('costs one read of the document of a run and two writes where one batch is all of it', async () => {
  const { api, start, read, work } = await runsUnderTest();
  const run = await start(COMPLETIONS);
  const key = KEYS.run(run.eval_id, run.id);
  const [get, put] = [vi.spyOn(api.deps.store, 'get'), vi.spyOn(api.deps.store, 'put')];
  expect(await work(run)).toBe('ended');
  const countOf = (calls: readonly (readonly unknown[])[]) => calls.filter(([of]) => of === key).length;
  expect([countOf(get.mock.calls), countOf(put.mock.calls)]).toEqual([1, 2]);
  expect((await read(run)).status).toBe('completed');
});

it('is lost, and writes nothing more, where a run is canceled while its batch is worked on', async () => {
  const { api, url, start, read, work, worker } = await runsUnderTest();
  const run = await start(COMPLETIONS);
  const acquire = worker.decoders.acquire.bind(worker.decoders);
  const canceling = vi.spyOn(worker.decoders, 'acquire').mockImplementation(async (...asked) => {
    await api.call({ method: 'POST', url: `${url}/${run.id}/cancel` });
    return acquire(...asked);
  });
  expect(await work(run)).toBe('lost');
  canceling.mockRestore();
  expect(await read(run)).toMatchObject({ status: 'canceled', result_counts: { passed: 0, failed: 0 } });
});
