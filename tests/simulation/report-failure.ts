/** A failing seed as its finder needs it: what broke, at which commit, how to see it again, and what happened last. */
import { execFileSync } from 'node:child_process';
import type { SeedFailure } from './run-seed.js';

export function reportFailure({ seed, reason, trace }: SeedFailure): string {
  return [
    `seed ${seed} failed: ${reason}`,
    `  commit: ${commit()}`,
    `  replay: npm run sim -- --seed ${seed}`,
    '  last events:',
    ...trace.map((line) => `    ${line}`),
  ].join('\n');
}

/** What a run of seeds writes itself: figures, and the seeds that failed. */
const WRITTEN_BY_RUNS = [':(top)', ':(top,exclude)docs', ':(top,exclude)tests/simulation/regressions.json'];

/** The commit of the sources, marked when they were changed since; `unknown` outside a clone. */
export function commit(clone = process.cwd()): string {
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd: clone, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const name = git('rev-parse', '--short=12', 'HEAD');
    return git('diff', '--name-only', 'HEAD', '--', ...WRITTEN_BY_RUNS) === '' ? name : `${name}-dirty`;
  } catch {
    return 'unknown';
  }
}
