/** The demo, small: the same story as `npm run demo`, from an empty folder to the table, and nothing left behind. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PreheatProcess, processesOf, startPreheat } from './preheat-process.js';

const SMALL = ['--words', '2000', '--sft-steps', '30', '--rl-steps', '5', '--eval-words', '40'];
const TIMEOUT_MS = 300_000;

let folder: string;
let running: PreheatProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-e2e-'));
});
afterEach(async () => {
  if (running?.child.exitCode === null) {
    running.child.kill('SIGTERM');
    await running.exit;
  }
  rmSync(folder, { recursive: true });
});

/** The demo's temporary folder is made in ours, so that what remains of it can be seen. */
function startDemo(...args: string[]): PreheatProcess {
  running = startPreheat(['demo', ...SMALL, ...args], { cwd: folder, env: { TMPDIR: folder } });
  return running;
}

/** What runs the sources in tests keeps a cache there too. */
const isDemoFolder = (name: string): boolean => name.startsWith('preheat-demo-');

describe('preheat demo', () => {
  it('trains, evaluates three models and exits by whether RL won', { timeout: TIMEOUT_MS }, async () => {
    const demo = startDemo();
    const code = await demo.exit;
    const { stdout, stderr } = demo.out;
    expect(stdout, stderr).toMatch(/^40 held-out words, the same for every model$/m);
    for (const stage of ['base', 'SFT', 'SFT \\+ RL']) {
      for (const decoding of ['temperature 1', 'greedy']) {
        const row = `^${stage} +${decoding} +\\d+\\.\\d % +\\d+\\.\\d % +\\d\\.\\d{3} \\[\\d\\.\\d{3}, \\d\\.\\d{3}\\]$`;
        expect(stdout).toMatch(new RegExp(row, 'm'));
      }
    }
    const won = /^RL beat SFT: /m.test(stdout);
    expect(won || /^RL did NOT beat SFT: /m.test(stdout)).toBe(true);
    expect(code).toBe(won ? 0 : 1);
    expect(stderr).toMatch(/\[1\/2 sft\].* step \d+\/30 .*loss \d/);
    expect(stderr).toMatch(/\[2\/2 grpo\].* step \d+\/5/);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder).filter(isDemoFolder)).toEqual([]);
  });

  it('stops everything and removes its folder on Ctrl-C in the middle of training', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const demo = startDemo();
    await demo.seen(/\[1\/2 sft\].* step [1-9]/);
    expect(processesOf(folder).length).toBeGreaterThanOrEqual(2);
    demo.child.kill('SIGINT');
    expect(await demo.exit).toBe(130);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder).filter(isDemoFolder)).toEqual([]);
  });
});
