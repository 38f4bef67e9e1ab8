/** Every environment variable that a process reads is in docs/configuration.md, and nothing else is. */
import { readFileSync } from 'node:fs';
import {
  ApiSettings,
  BudgetSettings,
  GraderSettings,
  RunnerSettings,
  StoreSettings,
  unknownVariables,
} from '@preheat/contracts';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** The variables in the first column of the tables. */
const documented = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => line.split('|')[1]!.match(/[A-Z][A-Z_0-9]+/g) ?? []);

it('lists what the schemas of settings have, once each', () => {
  const schemas = [StoreSettings, ApiSettings, RunnerSettings, GraderSettings, BudgetSettings];
  const read = schemas.flatMap((schema) => Object.keys(schema.properties));
  const clients = ['PREHEAT_BASE_URL', 'PREHEAT_API_KEY'];
  expect([...documented].sort()).toEqual([...new Set([...read, ...clients])].sort());
});

it('knows what is listed, and nothing that only looks like it', () => {
  const environment = Object.fromEntries(documented.map((name) => [name, 'x']));
  expect(unknownVariables(environment)).toEqual([]);
  expect(unknownVariables({ PREHEAT_LOGLEVEL: 'info', PATH: '/bin' })).toEqual(['PREHEAT_LOGLEVEL']);
});
