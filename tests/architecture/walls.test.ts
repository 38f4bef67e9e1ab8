/** The walls: no violation in the repository, and a fixture for every rule that makes exactly that rule fire. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cruise, type ICruiseResult, type IConfiguration, type IForbiddenRuleType } from 'dependency-cruiser';
import { describe, expect, test } from 'vitest';
import { FIXTURES_FOLDER, fixtureWorkspace } from './fixture-workspace.js';
import { REPOSITORY_ROOT, rooms } from './rooms.js';

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;
const rules = (config.forbidden ?? []) as (IForbiddenRuleType & { name: string; comment: string })[];
const SCANNED = ['packages', 'functions', 'gpu-runner', 'infra', 'tests'];

async function cruiseFrom(baseDir: string): Promise<ICruiseResult> {
  const folders = SCANNED.filter((folder) => existsSync(join(baseDir, folder)));
  const { enhancedResolveOptions, ...options } = config.options ?? {};
  const ruleSet = { forbidden: rules };
  const cruised = await cruise(folders, { ...options, baseDir, ruleSet, validate: true }, enhancedResolveOptions);
  return cruised.output as ICruiseResult;
}

test('the repository respects every wall', async () => {
  const { modules, summary } = await cruiseFrom(REPOSITORY_ROOT);
  for (const { folder } of rooms()) {
    expect(
      modules.some(({ source }) => source.startsWith(`${folder}/src/`)),
      `${folder} was looked at`,
    ).toBe(true);
  }
  const lines = summary.violations.map(({ rule, from, to }) => {
    return `${from} → ${to}: ${rule.name}\n    ${rules.find(({ name }) => name === rule.name)?.comment}`;
  });
  expect(lines.join('\n'), 'see .dependency-cruiser.cjs').toBe('');
});

test('every rule has a fixture that breaks it, and every fixture a rule', () => {
  expect(readdirSync(FIXTURES_FOLDER).sort()).toEqual(rules.map(({ name }) => name).sort());
});

describe('a fixture makes exactly its rule fire', () => {
  test.each(rules.map(({ name }) => name))('%s', async (rule) => {
    using workspace = fixtureWorkspace(rule);
    const { summary } = await cruiseFrom(realpathSync(workspace.root));
    expect([...new Set(summary.violations.map((violation) => violation.rule.name))]).toEqual([rule]);
  });
});
