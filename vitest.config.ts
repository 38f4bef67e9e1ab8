import { defineConfig } from 'vitest/config';
import { OWN_PROCESS } from './tests/own-process.ts';

const NOT_OURS = ['**/node_modules/**', '**/dist/**', '**/.sst/**', '**/fixtures/**'];
/** Plays on two processes already: nothing else runs meanwhile. */
const SEEDS = 'tests/simulation/seeds.test.ts';
const ownProcess = OWN_PROCESS.map((path) => (path.endsWith('/') ? `${path}**/*.test.ts` : path));

// Sources run directly (the `source` export condition), so tests never depend on a stale build.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    // To end what hangs, not to judge how fast a machine is: what takes seconds may take a minute on one that is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000, interval: 10 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'seeds', include: [SEEDS], sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'own process',
          include: ownProcess,
          exclude: [...NOT_OURS, SEEDS],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'shared process',
          include: [
            'packages/*/src/**/*.test.ts',
            'functions/src/**/*.test.ts',
            'gpu-runner/src/**/*.test.ts',
            'tests/**/*.test.ts',
          ],
          exclude: [...NOT_OURS, ...ownProcess],
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
