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

/** The commit of the sources, marked when they were changed since; `unknown` outside a clone. */
export function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
