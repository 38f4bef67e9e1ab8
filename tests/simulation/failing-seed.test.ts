/** What becomes of a seed that fails: its report, its replay, and its place among the regressions. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepRegression, readRegressions } from './regressions.js';
import { reportFailure } from './report-failure.js';
import { runSeed, type SeedFailure } from './run-seed.js';
import { Scenario } from './scenario.js';
import { WEAKNESSES } from './weaknesses.js';

const LINES = 20;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-regressions-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** With the manifest before its blobs, the first seeds fail. */
async function failing(): Promise<{ scenario: Scenario; failure: SeedFailure }> {
  const rule = WEAKNESSES.find(({ what }) => what.startsWith('the manifest-last rule'));
  const scenario = await Scenario.open(rule?.weakened);
  for (let seed = 0; seed < 20; seed++) {
    const failure = await runSeed(scenario, seed, LINES);
    if (failure) return { scenario, failure };
  }
  throw new Error('no seed failed');
}

/** The one thing told in real time: how long the API took to answer. */
const withoutRealTime = (line: string): string => line.replaceAll(/"elapsedMs":\d+/g, '');

it('is told with its seed, commit, replay and last events, fails again when replayed, and is kept once', async () => {
  const { scenario, failure } = await failing();
  const report = reportFailure(failure);
  expect(report).toContain(
    `seed ${failure.seed} failed: "no checkpoint is referenced before it is complete and verified"`,
  );
  expect(report).toMatch(/commit: ([0-9a-f]{12}(-dirty)?|unknown)\n/);
  expect(report).toContain(`replay: npm run sim -- --seed ${failure.seed}\n`);
  expect(failure.trace).toHaveLength(LINES);
  expect(report).toContain(`last events:\n    ${failure.trace[0]}`);
  const again = await runSeed(scenario, failure.seed, LINES);
  expect(again?.reason).toBe(failure.reason);
  expect(again?.trace.map(withoutRealTime)).toEqual(failure.trace.map(withoutRealTime));

  const file = pathToFileURL(join(folder, 'regressions.json'));
  writeFileSync(file, '[{"seed":500,"property":"another","commit":"c"}]');
  for (const each of [{ ...failure, seed: 501 }, failure, failure]) keepRegression(each, file);
  const kept = readRegressions(file);
  expect(kept.map(({ seed }) => seed)).toEqual([failure.seed, 500, 501]);
  expect(kept[0]).toMatchObject({ property: failure.property });
});
