import { expect, it } from 'vitest';
import { forgetting } from './forgetting.js';
import type { ArmRun } from './run-arms.js';

const suite = (task: 'arith' | 'kk2') => ({ task, items: 2, max_tokens: 8, samples: 0 });
const trainsOn = (...tasks: ('arith' | 'kk2')[]) => ({
  title: 'an arm',
  steps: tasks.map((task) => ({
    type: 'supervised' as const,
    algorithm: 'sft',
    data: [{ task, rows: 1, kind: 'chat' as const }],
    hyperparameters: {},
  })),
});
const experiment = {
  suites: { sums: suite('arith'), knights: suite('kk2') },
  arms: {
    one: trainsOn('arith'),
    both: trainsOn('arith', 'kk2'),
    untrained: trainsOn(),
    fresh: { ...trainsOn('arith'), from: 'fresh' as const },
  },
};
const run = (arm: string, seed: number, sums: number[], knights: number[]): ArmRun => {
  const answers = (greedy: number[]) => ({ greedy, tokens: [1, 1], sampledRight: [], votedRight: [], wallSeconds: 0 });
  const nothing = { trainedTokens: 0, steps: 0, spent: null, policy: null, metrics: {}, wallSeconds: 0, curve: [] };
  return { ...nothing, arm, seed, answers: { sums: answers(sums), knights: answers(knights) } };
};
const runs = [
  ...[1, 2].map((seed) => run('base', seed, [0, 0], [1, 1])),
  ...Object.keys(experiment.arms).flatMap((arm) => [run(arm, 1, [1, 1], [0, 0]), run(arm, 2, [1, 1], [1, 0])]),
];

it('is what was lost of tasks that no phase trains on, for each seed', () => {
  expect([...forgetting(experiment, 'one', runs)]).toEqual([['knights', [1, 0.5]]]);
});

it('is nothing where every task is trained on, none is, or the arm does not start from the base', () => {
  for (const arm of ['both', 'untrained', 'fresh', 'base']) expect(forgetting(experiment, arm, runs).size).toBe(0);
});
