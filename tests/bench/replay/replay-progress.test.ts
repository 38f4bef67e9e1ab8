import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ReplayProgress } from './replay-progress.js';
import type { Replay } from './replay-report.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-progress-'));
  file = join(folder, 'new', 'replay.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const LATENCIES = { bootMs: 1, noticeMs: 2, loadSameMs: 3, loadOtherMs: 4, work: [] };
const figures = { delaysMs: [1, 2], coldStarts: 1, runnersStarted: 1, idleMs: 3 };
const REPLAY: Replay = { trace: 'synthetic', measured: { ...figures, told: [] }, predicted: figures };

it('is what the run before had measured under the same conditions, until a run is done', () => {
  const first = ReplayProgress.open(file, 'a', false);
  expect(first.latencies).toBeNull();
  first.calibrated(LATENCIES, 0.1);
  first.replayed(REPLAY, 0.2);
  const second = ReplayProgress.open(file, 'a', false);
  expect([second.latencies, second.replayOf('synthetic'), second.foreignShares]).toEqual([
    LATENCIES,
    REPLAY,
    [0.1, 0.2],
  ]);
  expect(second.replayOf('philly')).toBeUndefined();
  expect(ReplayProgress.open(file, 'b', false).latencies).toBeNull();
  expect(ReplayProgress.open(file, 'a', true).latencies).toBeNull();
  second.done();
  expect(ReplayProgress.open(file, 'a', false).latencies).toBeNull();
});

it('is nothing where it was damaged', () => {
  ReplayProgress.open(file, 'a', false).calibrated(LATENCIES, 0);
  writeFileSync(file, '{"conditions":"a"');
  expect(ReplayProgress.open(file, 'a', false).latencies).toBeNull();
});
