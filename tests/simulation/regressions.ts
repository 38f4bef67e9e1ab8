/** Seeds that once failed, kept in regressions.json and played by every run of the tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { commit } from './report-failure.js';
import type { SeedFailure } from './run-seed.js';

export interface Regression {
  readonly seed: number;
  /** The property that did not hold. */
  readonly property: string;
  /** Where it was found; the fix follows it. */
  readonly commit: string;
}

const FILE = new URL('./regressions.json', import.meta.url);

export const readRegressions = (file = FILE): Regression[] => JSON.parse(readFileSync(file, 'utf8')) as Regression[];

export function keepRegression({ seed, property }: SeedFailure, file = FILE): void {
  const known = readRegressions(file);
  if (known.some((regression) => regression.seed === seed)) return;
  const all = [...known, { seed, property, commit: commit() }].sort((a, b) => a.seed - b.seed);
  writeFileSync(file, `[\n${all.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`);
}
