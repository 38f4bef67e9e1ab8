import { VirtualClock } from '@preheat/ports';
import { expect, test } from 'vitest';
import { SystemIds } from './system-ids.js';

test('identifiers keep their prefix and use letters and digits only', () => {
  const ids = new SystemIds({ clock: new VirtualClock() });
  for (let i = 0; i < 200; i++) expect(ids.next('ftjob-')).toMatch(/^ftjob-[0-9A-Za-z]{24}$/);
});

test('identifiers of one instant differ, and later ones sort after earlier ones', async () => {
  const clock = new VirtualClock();
  const ids = new SystemIds({ clock });
  expect(new Set(Array.from({ length: 1000 }, () => ids.next(''))).size).toBe(1000);
  const inOrder: string[] = [];
  for (const stepMs of [1, 61, 62, 3844, 86_400_000, 31_536_000_000]) {
    inOrder.push(ids.next('x'));
    await clock.advance(stepMs);
  }
  expect([...inOrder].sort()).toEqual(inOrder);
});
