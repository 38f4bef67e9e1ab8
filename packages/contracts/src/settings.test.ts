import type { TSchema } from 'typebox';
import { expect, it } from 'vitest';
import { ApiSettings, GraderSettings, readSettings, RunnerSettings } from './settings.js';

const propertiesOf = (schema: TSchema) =>
  Object.entries((schema as unknown as { properties: Record<string, { pattern?: string }> }).properties);
const patterned = [ApiSettings, RunnerSettings, GraderSettings].flatMap((schema: TSchema) =>
  propertiesOf(schema).flatMap(([name, { pattern }]) => (pattern === undefined ? [] : [{ name, schema }])),
);

it.each(patterned)('says in words what $name must be', ({ name, schema }) => {
  const read = (): unknown => readSettings(schema, { PREHEAT_STORE: 'filesystem', [name]: '!' });
  expect(read).toThrow(`variables:\n  ${name} must be `);
  expect(read).not.toThrow(/pattern|\[0-9\]|\^/);
});

it('says of a wrong value what was expected, beside what is too long or missing', () => {
  const wrong = { PREHEAT_PORT: 'eighty', PREHEAT_TRUSTED_PROXIES: '!'.repeat(5_000), PREHEAT_LOG_LEVEL: 'loud' };
  const read = (): unknown => readSettings(ApiSettings, wrong);
  expect(read).toThrow(
    /PREHEAT_PORT must be a port number\n[^]*PREHEAT_TRUSTED_PROXIES must be addresses or networks, comma-separated: `10\.0\.0\.0\/8,192\.0\.2\.1`/,
  );
  expect(read).toThrow(/environment lacks \["PREHEAT_STORE"\]/);
  expect(read).toThrow(/PREHEAT_LOG_LEVEL must be one of/);
  const long = { PREHEAT_STORE: 'filesystem', PREHEAT_TRUSTED_PROXIES: '10.0.0.0/8,'.repeat(500) + '::1' };
  expect(() => readSettings(ApiSettings, long)).toThrow(/PREHEAT_TRUSTED_PROXIES must not have more than 4096/);
});
