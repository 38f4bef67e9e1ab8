/** docs/deploy.md names settings, variables, scripts and files as the deployment has them, and leaves no variable out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as settings from '../../infra/settings.js';
import { REPOSITORY_ROOT } from './platform.js';

const read = (path: string): string => readFileSync(join(REPOSITORY_ROOT, path), 'utf8');
const page = read('docs/deploy.md');
const sources = readdirSync(join(REPOSITORY_ROOT, 'infra'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `infra/${name}`);

/** What whoever deploys may set: read from the environment, or passed on from it. */
function variablesRead(): string[] {
  const text = [...sources, 'sst.config.ts'].map(read).join('\n');
  const direct = [...text.matchAll(/process\.env\.(PREHEAT_\w+)|(?:fromEnvironment|chosenOf)\('(PREHEAT_\w+)'/g)];
  const [, passedOn = ''] = /PASSED_ON = \[([^\]]*)\]/.exec(text) ?? [];
  const names = [...direct.map(([, plain, asked]) => plain ?? asked ?? ''), ...(passedOn.match(/PREHEAT_\w+/g) ?? [])];
  return [...new Set(names)].sort();
}

test('every variable that a deployment reads is there', () => {
  expect(variablesRead().length).toBeGreaterThan(20);
  expect(variablesRead().filter((name) => !page.includes(`\`${name}`) && !page.includes(`${name}=`))).toEqual([]);
});

test('every variable that is there is read by a deployment, its build or the operator', () => {
  const elsewhere = [
    'PREHEAT_LAMBDA_NODE',
    'PREHEAT_BASE_URL',
    'PREHEAT_API_KEY',
    ...['PREHEAT_STORE', 'PREHEAT_BUCKET', 'PREHEAT_QUEUE_URL', 'PREHEAT_EVALUATION_QUEUE_URL'],
  ];
  const known = new Set([...variablesRead(), ...elsewhere]);
  expect([...new Set(page.match(/PREHEAT_\w+/g))].filter((name) => !known.has(name))).toEqual([]);
});

test('every setting that is named is one', () => {
  const groups = settings as unknown as Record<string, Record<string, unknown>>;
  const named = [...page.matchAll(/`(\w+)\.(\w+)`/g)].filter(
    ([, group = '', name]) => group in groups && name !== 'ts',
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(([, group = '', name = '']) => !(name in (groups[group] ?? {}))).map(([text]) => text)).toEqual(
    [],
  );
});

test('every script and every file of infra that is named is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
  const named = [...page.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  const table = page.slice(0, page.indexOf('## Before'));
  const files = [...table.matchAll(/`([\w*-]+\.ts)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.includes('*'));
  expect(files.length).toBeGreaterThan(8);
  expect(files.filter((name) => !existsSync(join(REPOSITORY_ROOT, 'infra', name)) && name !== 'sst.config.ts')).toEqual(
    [],
  );
});
