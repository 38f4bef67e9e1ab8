import { systemClock } from '@preheat/adapters/system';
import type { GraderSettings } from '@preheat/contracts';
import { expect, it } from 'vitest';
import { GraderServing } from './grader-serving.js';

const models = { has: () => Promise.resolve(false), open: () => Promise.resolve(null) };

function serving(settings: GraderSettings = {}): GraderServing {
  return new GraderServing({ settings, clock: systemClock, models });
}

it('tries again to load what did not load, and closes all the same', async () => {
  let isBroken = true;
  const graders = serving({
    get PREHEAT_GRADER_HOSTS(): string {
      if (isBroken) throw new Error('no');
      return '';
    },
  });
  await expect(graders.open()).rejects.toThrow('no');
  isBroken = false;
  await expect(graders.open()).resolves.toBeDefined();
  isBroken = true;
  await graders.close();
});

it('closes whatever a load under way ends with', async () => {
  const graders = serving({
    get PREHEAT_GRADER_HOSTS(): string {
      throw new Error('no');
    },
  });
  const opening = graders.open();
  await Promise.all([expect(opening).rejects.toThrow('no'), graders.close()]);
});

it('opens nothing once closed', async () => {
  const graders = serving();
  await graders.close();
  await expect(graders.open()).rejects.toThrow('closed');
});
