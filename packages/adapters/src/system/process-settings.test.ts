import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const SOURCE = new URL('process-settings.ts', import.meta.url).href;
const SCRIPT = `
import { RunnerSettings } from '@preheat/contracts';
import { processSettings } from '${SOURCE}';
console.log(processSettings(RunnerSettings).PREHEAT_STORE);`;

function start(environment: Record<string, string>) {
  const args = ['--conditions=source', '--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', SCRIPT];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'], ...environment },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

it('ends a process whose settings are wrong, with their names and no stack', () => {
  const { status, stderr } = start({ PREHEAT_STORE: 'filesystem', PREHEAT_LEASE_TTL_MS: 'soon', OTHER: 'x' });
  expect(status).toBe(78);
  expect(stderr).toMatch(
    /^wrong or missing environment variables:\n {2}PREHEAT_LEASE_TTL_MS must be whole milliseconds .*\n {2}\(docs\/conf/,
  );
  expect(stderr).not.toContain('at ');
});

it('starts a process whose settings are right', () => {
  expect(start({ PREHEAT_STORE: 'filesystem' })).toEqual({ status: 0, stdout: 'filesystem\n', stderr: '' });
});
