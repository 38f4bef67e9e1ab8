/** What goes when a stage is removed: all of it, but for `production`, unless that is named as well. */
import { describe, expect, test } from 'vitest';
import { ensurePlatform } from './platform.js';
import { only } from './resource-queries.js';
import { synthesise } from './synth.js';

const platform = await ensurePlatform();
const title = platform.ready
  ? 'removal'
  : 'removal (skipped: the SST platform cannot be installed without the npm registry)';

async function removalOf(stage: string, disposable?: string) {
  if (disposable !== undefined) process.env.PREHEAT_DISPOSABLE = disposable;
  try {
    const { app, resources } = await synthesise(stage, { ApiKeyHashes: `${'ab'.repeat(32)}:project-1` });
    const { removal, protect } = app;
    const isForced = [
      only(resources, 'aws:s3/bucket:Bucket', 'StoreBucket').forceDestroy,
      only(resources, 'aws:ecr/repository:Repository', 'RunnerImages').forceDelete,
      only(resources, 'aws:ecs/service:Service', 'RunnerService').forceDelete,
    ] as unknown[];
    return { removal, protect, isForced };
  } finally {
    delete process.env.PREHEAT_DISPOSABLE;
  }
}

const KEPT = { removal: 'retain', protect: true, isForced: [false, false, false] };
const GOES = { removal: 'remove', protect: false, isForced: [true, true, true] };

describe.skipIf(!platform.ready)(title, () => {
  test.each([
    ['test', undefined, GOES],
    ['production', undefined, KEPT],
    // Left over from taking down another one.
    ['production', 'test', KEPT],
    ['production', 'production', GOES],
  ])('of %s, with %s named as disposable', { timeout: 120_000 }, async (stage, disposable, expected) => {
    expect(await removalOf(stage, disposable)).toEqual(expected);
  });
});
