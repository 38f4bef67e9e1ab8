/** Forgetting: what an arm can do no more of what it was not trained on, against the base with the same items. */
import type { Experiment } from './experiment.js';
import { type ArmRun, BASE_ARM } from './run-arms.js';
import { mean } from './scores.js';

/** Loss of greedy pass@1 for each seed, by suite; without any where the arm trains on every task or on none, or is not from the base. */
export function forgetting(
  { arms, suites }: Pick<Experiment, 'arms' | 'suites'>,
  name: string,
  runs: readonly ArmRun[],
): Map<string, number[]> {
  const { steps = [], from = 'base' } = arms[name] ?? {};
  const trained = new Set(steps.flatMap(({ data }) => data.flatMap((source) => ('task' in source ? source.task : []))));
  // What starts from fresh weights had nothing to lose.
  if (trained.size === 0 || from === 'fresh') return new Map();
  const [base] = runs.filter(({ arm }) => arm === BASE_ARM);
  const own = runs.filter(({ arm }) => arm === name);
  const others = Object.entries(suites).filter(([, { task }]) => !trained.has(task));
  return new Map(
    others.flatMap(([suite]) => {
      const before = base?.answers[suite]?.greedy;
      const after = own.flatMap(({ answers }) => (answers[suite] ? [mean(answers[suite].greedy)] : []));
      return before && after.length > 0 ? [[suite, after.map((value) => mean(before) - value)]] : [];
    }),
  );
}
