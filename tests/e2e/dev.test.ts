/** `preheat dev` as a process, driven by the other commands of the same command line. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PreheatProcess, processesOf, startPreheat } from './preheat-process.js';

const TIMEOUT_MS = 120_000;

let folder: string;
let dev: PreheatProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-dev-'));
  dev = startPreheat(['dev', '--port', '0', '--json'], { cwd: folder });
  await dev.seen(/"base_url":"([^"]+)"/);
}, TIMEOUT_MS);
afterAll(async () => {
  if (dev.child.exitCode === null) dev.child.kill('SIGKILL');
  await dev.exit;
  rmSync(folder, { recursive: true, force: true });
});

async function preheat(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const process = startPreheat(args, { cwd: folder });
  return { code: await process.exit, ...process.out };
}

describe('preheat dev', () => {
  it('leaves its address and key for commands in the same folder, readable by its owner only', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(statSync(join(folder, '.preheat/connection.json')).mode & 0o777).toBe(0o600);
    const { code, stdout, stderr } = await preheat('models');
    expect(stdout, stderr).toContain('preheat-1m');
    expect(code).toBe(0);
  });

  it('refuses another key', { timeout: TIMEOUT_MS }, async () => {
    const { code, stderr } = await preheat('models', '--api-key', 'wrong');
    expect(code).toBe(1);
    expect(stderr).toContain('PREHEAT_API_KEY');
  });

  it('answers a malformed row with its line', { timeout: TIMEOUT_MS }, async () => {
    writeFileSync(join(folder, 'rows.jsonl'), '{"messages":[{"role":"user","content":"a"}]}\nnot json\n');
    const { code, stderr } = await preheat('files', 'upload', 'rows.jsonl');
    expect(code).toBe(1);
    expect(stderr).toMatch(/line 2/);
  });

  it('starts a killed runner again', { timeout: TIMEOUT_MS }, async () => {
    const before = processesOf(folder);
    const [, runnerPid = 0] = before;
    expect(before).toHaveLength(2);
    process.kill(runnerPid, 'SIGKILL');
    await dev.seen(/\[runner-1\]\s+ended with signal SIGKILL; starting it again in 500 ms/);
    await expect.poll(() => processesOf(folder).length, { timeout: 30_000 }).toBe(2);
  });

  it('starts a killed API server again, at its old address', { timeout: TIMEOUT_MS }, async () => {
    const [apiPid = 0] = processesOf(folder);
    process.kill(apiPid, 'SIGKILL');
    await dev.seen(/\[api\]\s+ended with signal SIGKILL; starting it again in 500 ms/);
    const answers = async (): Promise<number | null> => (await preheat('models')).code;
    await expect.poll(answers, { timeout: 60_000 }).toBe(0);
  });

  it('ends with the reason, and at once, when a part of it cannot start', { timeout: 50_000 }, async () => {
    const env = { PREHEAT_LEASE_TTL_MS: 'soon' };
    const failing = startPreheat(['dev', '--port', '0', '--data-dir', 'elsewhere'], { cwd: folder, env });
    expect(await failing.exit).toBe(1);
    expect(failing.out.stderr).toContain('PREHEAT_LEASE_TTL_MS must be whole milliseconds');
    expect(failing.out.stderr).toMatch(/preheat: runner-1 was given wrong settings, see above\n$/);
  });

  it('refuses a second one over the same folder, and leaves the first to be found', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const second = await preheat('dev', '--port', '0');
    expect([second.code, second.stderr]).toEqual([2, expect.stringContaining('already runs over')]);
    expect((await preheat('models')).code).toBe(0);
  });

  it('stops everything on SIGINT and exits 0', { timeout: TIMEOUT_MS }, async () => {
    dev.child.kill('SIGINT');
    expect(await dev.exit).toBe(0);
    expect(processesOf(folder)).toEqual([]);
  });
});
