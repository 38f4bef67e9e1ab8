import { CapacityHolds } from '@preheat/jobs';
import { afterEach, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { onBudgetNotice } from './budget-notice.js';

let api: ApiUnderTest;
afterEach(() => api.app.close());

const DAY = 86_400_000;

it('holds capacity until the month of the notice is over, however late and often it comes', async () => {
  api = await startApi();
  const { deps, clock } = api;
  const holds = new CapacityHolds(deps);
  // Of the year before, which is over.
  await onBudgetNotice(deps, { noticedAtMs: Date.UTC(2029, 11, 31, 23), running: 'checkpoint' });
  expect(await holds.current()).toBeNull();
  const noticedAtMs = clock.nowMs() + DAY;
  await clock.advance(2 * DAY);
  for (let time = 0; time < 2; time++) await onBudgetNotice(deps, { noticedAtMs, running: 'checkpoint' });
  expect(await holds.current()).toMatchObject({ untilMs: Date.UTC(2030, 1, 1), running: 'checkpoint' });
  await holds.lift('budget');
  await onBudgetNotice(deps, { noticedAtMs, running: 'checkpoint' });
  expect(await holds.current()).toBeNull();
  const noticedAgainMs = clock.nowMs() + 1;
  await clock.advance(DAY);
  await onBudgetNotice(deps, { noticedAtMs: noticedAgainMs, running: 'checkpoint' });
  expect(await holds.current()).not.toBeNull();
  await clock.advance(28 * DAY);
  expect(await holds.current()).toBeNull();
});

it('counts months over the end of a year', async () => {
  api = await startApi();
  await api.clock.advance(Date.UTC(2030, 11, 20) - api.clock.nowMs());
  await onBudgetNotice(api.deps, { noticedAtMs: api.clock.nowMs(), running: 'finish' });
  expect(await new CapacityHolds(api.deps).current()).toMatchObject({ untilMs: Date.UTC(2031, 0, 1) });
});
