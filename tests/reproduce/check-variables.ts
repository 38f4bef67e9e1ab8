/** What formulas of checks are about: answers item by item, and what an arm cost and learned, for each seed. */
import type { Suite } from './experiment.js';
import { learningOf } from './learning-speed.js';
import type { ArmRun } from './run-arms.js';
import { mean, perItem } from './scores.js';

/** Share of what reinforcement gains at which an arm has nearly learned what it learns. */
const NEARLY = 0.9;
/** Stands for the suite of variables that are one number a seed, without items. */
const NO_SUITE = '';

/** Values item by item, for each seed. */
export interface Variable {
  readonly suite: string;
  readonly bySeed: ReadonlyMap<number, readonly number[]>;
}
/** By name, as `Check` in experiment.ts explains them. */
export type Variables = ReadonlyMap<string, Variable>;
export type Values = Readonly<Record<string, number>>;
/** The items of each suite that count, some of them several times. */
type Choice = ReadonlyMap<string, Uint32Array>;

export function variablesOf(runs: readonly ArmRun[], suites: Readonly<Record<string, Suite>>): Map<string, Variable> {
  const variables = new Map<string, { suite: string; bySeed: Map<number, readonly number[]> }>();
  const add = (name: string, suite: string, seed: number, values: readonly number[]) => {
    const variable = variables.get(name) ?? { suite, bySeed: new Map() };
    variable.bySeed.set(seed, values);
    variables.set(name, variable);
  };
  for (const run of runs) {
    const { arm, seed, answers } = run;
    for (const [suite, answer] of Object.entries(answers)) {
      for (const [measure, values] of Object.entries(perItem(answer, suites[suite]?.samples ?? 0))) {
        add(`${arm}__${suite}${measure === 'greedy' ? '' : `__${measure}`}`, suite, seed, values as readonly number[]);
      }
    }
    for (const [measure, value] of Object.entries(runMeasures(run))) add(`${arm}__${measure}`, NO_SUITE, seed, [value]);
  }
  return variables;
}

/** What an arm cost, where its loss went, and how soon it learned. */
function runMeasures({ steps, trainedTokens, wallSeconds, metrics, curve }: ArmRun): Record<string, number> {
  const losses = curve.flatMap(({ loss }) => loss ?? []);
  const [first, last] = [losses[0], losses.at(-1)];
  const learning = learningOf(curve, NEARLY);
  return {
    steps,
    trained_tokens: trainedTokens,
    wall_seconds: wallSeconds,
    ...metrics,
    ...(first === undefined || last === undefined
      ? {}
      : { first_loss: first, highest_loss: Math.max(...losses), last_loss: last }),
    ...(learning && {
      start_reward: learning.start,
      final_reward: learning.final,
      steps_to_90: learning.stepsToShare,
    }),
  };
}

/** Means over items and seeds; with `chosen`, over those items of each suite. */
export function means(variables: Variables, seeds: readonly number[], chosen?: Choice): Values {
  const entries = [...variables].map(([name, { suite, bySeed }]) => {
    const items = chosen?.get(suite);
    const perSeed = seeds.map((seed) => meanOver(bySeed.get(seed) ?? [], items));
    return [name, mean(perSeed)] as const;
  });
  return Object.fromEntries(entries);
}

function meanOver(values: readonly number[], items?: Uint32Array): number {
  if (!items) return mean(values);
  let sum = 0;
  for (const item of items) sum += values[item] ?? 0;
  return sum / items.length;
}
