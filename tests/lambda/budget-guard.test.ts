/** The guard of the budget as AWS runs it: bundled, under its own runtime client, on a real directory as the store. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openPlatform } from '@preheat/adapters/platform';
import { CapacityHolds } from '@preheat/jobs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LambdaEnvironment } from './runtime-api.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'preheat-budget-'));
const env = { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: data, PREHEAT_ON_BUDGET: 'finish' } as const;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['functions/build-lambda.mjs', 'budget'], { cwd: root });
}, 120_000);
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** As SNS calls a function; `Message` is what AWS Budgets writes, shortened. */
const told = (timestamp: string) => ({
  Records: [
    {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      Sns: {
        Type: 'Notification',
        Timestamp: timestamp,
        Subject: 'AWS Budgets: preheat-production has exceeded your alert threshold',
        Message: 'AWS Budget Notification\nYou requested that we alert you when the ACTUAL Cost …',
      },
    },
  ],
});

test('a notice holds capacity until the month ends, and says so in the log', { timeout: 60_000 }, async () => {
  const now = new Date();
  const folder = join(root, 'functions/dist-lambda/budget');
  const lambda = await LambdaEnvironment.start({ folder, handler: 'budget.handler', env });
  try {
    await lambda.invoke(told(now.toISOString()));
    await expect.poll(() => lambda.output).toContain('capacity is held: the budget is spent');
  } finally {
    await lambda.stop();
  }
  const platform = await openPlatform({ ...env, PREHEAT_LOG_LEVEL: 'error' }, 'test');
  const hold = await new CapacityHolds(platform).current();
  await platform.close();
  expect(hold).toMatchObject({
    sinceMs: now.getTime(),
    untilMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1),
    running: 'finish',
  });
});
