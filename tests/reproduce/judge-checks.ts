/**
 * The verdict, by the rule set in advance for every experiment: a check passes when its margin holds on the means over seeds,
 * and its effect is above 0 with every seed or has a 90 % interval above 0; where a criterion counts seeds itself, by that.
 * Intervals are percentile bootstraps (Efron and Tibshirani 1993, chapter 13) over the items of each suite, the same ones for
 * every arm and seed, so that what makes an item hard for all of them cancels.
 */
import { parseFormula } from '@preheat/graders';
import { CounterRandom, fastUniforms } from '@preheat/ports';
import { attainableArea } from './curve-area.js';
import type { Check, Experiment, Suite } from './experiment.js';
import type { ArmRun } from './run-arms.js';
import { mean, perItem, rounded } from './scores.js';

export const RESAMPLES = 2000;
const TAIL = 0.05;
const BOOTSTRAP_SEED = 0;
const AREA = '__area';
/** Share of its final reward at which an arm has nearly learned what it learns. */
const NEARLY = 0.9;
/** Stands for the suite of variables that are one number a seed, without items. */
const NO_SUITE = '';

/** Name of a variable and its values item by item, for each seed. */
interface Variable {
  readonly suite: string;
  readonly bySeed: ReadonlyMap<number, readonly number[]>;
}

export interface CheckResult {
  readonly says: string;
  readonly margin: string;
  readonly effect: string;
  /** Of the margin's formula, on the means over seeds. */
  readonly margin_value: number;
  readonly effect_by_seed: Readonly<Record<string, number>>;
  /** 90 %. */
  readonly effect_interval: readonly [number, number];
  readonly sign_in_all_seeds: boolean;
  readonly passed: boolean;
}

/** @throws Error naming a formula that cannot be read, and the variables there are. */
export function judgeChecks(
  checks: readonly Check[],
  runs: readonly ArmRun[],
  suites: Readonly<Record<string, Suite>>,
  curves: NonNullable<Experiment['curves']> = {},
): CheckResult[] {
  const variables = variablesOf(runs, suites);
  const formulaOf = (source: string) => readFormula(source, variables, curves);
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  return checks.map(({ says, margin, effect = margin, in_seeds: enough }) => {
    const [marginOf, effectOf] = [formulaOf(margin), formulaOf(effect)];
    const bySeed = seeds.map((seed) => effectOf(means(variables, [seed])));
    const interval = bootstrap(effectOf, variables, seeds);
    const marginValue = marginOf(means(variables, seeds));
    const above = bySeed.filter((value) => value > 0).length;
    const signInAllSeeds = above === seeds.length;
    // Losses, steps and times are one number a seed: nothing to draw from, and no width that would say how sure they are.
    const isSure = interval[0] > 0 && interval[0] < interval[1];
    return {
      says,
      margin,
      effect,
      margin_value: rounded(marginValue),
      effect_by_seed: Object.fromEntries(seeds.map((seed, i) => [seed, rounded(bySeed[i] ?? Number.NaN)])),
      effect_interval: [rounded(interval[0]), rounded(interval[1])],
      sign_in_all_seeds: signInAllSeeds,
      passed: enough === undefined ? marginValue >= 0 && (signInAllSeeds || isSure) : above >= enough,
    };
  });
}

function variablesOf(runs: readonly ArmRun[], suites: Readonly<Record<string, Suite>>): Map<string, Variable> {
  const variables = new Map<string, { suite: string; bySeed: Map<number, readonly number[]> }>();
  for (const { arm, seed, answers } of runs) {
    for (const [suite, answer] of Object.entries(answers)) {
      for (const [measure, values] of Object.entries(perItem(answer, suites[suite]?.samples ?? 0))) {
        const name = `${arm}__${suite}${measure === 'greedy' ? '' : `__${measure}`}`;
        const variable = variables.get(name) ?? { suite, bySeed: new Map() };
        variable.bySeed.set(seed, values as readonly number[]);
        variables.set(name, variable);
      }
    }
  }
  for (const run of runs) {
    const { arm, seed } = run;
    for (const [measure, value] of Object.entries(runMeasures(run))) {
      const name = `${arm}__${measure}`;
      const variable = variables.get(name) ?? { suite: NO_SUITE, bySeed: new Map() };
      variable.bySeed.set(seed, [value]);
      variables.set(name, variable);
    }
  }
  return variables;
}

/** What an arm cost, and where its loss went. */
function runMeasures({ steps, trainedTokens, wallSeconds, curve }: ArmRun): Record<string, number> {
  const losses = curve.flatMap(({ loss }) => loss ?? []);
  const [first, last] = [losses[0], losses.at(-1)];
  const final = curve.at(-1)?.reward;
  return {
    steps,
    trained_tokens: trainedTokens,
    wall_seconds: wallSeconds,
    ...(first === undefined || last === undefined
      ? {}
      : { first_loss: first, highest_loss: Math.max(...losses), last_loss: last }),
    ...(final === undefined ? {} : { final_reward: final, steps_to_90: stepsTo(NEARLY * final, curve) }),
  };
}

/** The step of the first evaluation that gave so much. */
const stepsTo = (reward: number, curve: ArmRun['curve']): number =>
  curve.find((point) => (point.reward ?? 0) >= reward)?.step ?? Number.NaN;

type Values = Readonly<Record<string, number>>;

/** A formula of the variables and the areas of curves, which are computed when they are read. */
function readFormula(
  source: string,
  variables: ReadonlyMap<string, Variable>,
  curves: NonNullable<Experiment['curves']>,
): (values: Values) => number {
  const names = [...variables.keys(), ...Object.keys(curves).map((name) => name + AREA)];
  const missing = Object.values(curves)
    .flat()
    .find((member) => !variables.has(member));
  if (missing !== undefined) throw new Error(`a curve has the member ${missing}; variables are ${names.join(', ')}`);
  const parsed = parseFormula(source, names);
  if (!parsed.ok) throw new Error(`the formula "${source}": ${parsed.message}; variables are ${names.join(', ')}`);
  const apply = parsed.value;
  return (values) => apply(new Proxy(values, { get: (known, name) => areaNamed(String(name), known, curves) }));
}

/** The area of a curve by the name of its variable; of any other variable its value. */
function areaNamed(name: string, values: Values, curves: NonNullable<Experiment['curves']>): number {
  const members = name.endsWith(AREA) ? curves[name.slice(0, -AREA.length)] : undefined;
  if (!members) return values[name] ?? Number.NaN;
  const pointOf = (member: string) => ({
    tokens: values[`${member}__tokens`] ?? Number.NaN,
    accuracy: values[member] ?? Number.NaN,
  });
  const range = Math.max(...Object.values(curves).flatMap((each) => each.map((member) => pointOf(member).tokens)));
  return attainableArea(members.map(pointOf), range);
}

type Choice = ReadonlyMap<string, Uint32Array>;

/** Means over items and seeds; with `chosen`, over those items of each suite. */
function means(variables: ReadonlyMap<string, Variable>, seeds: readonly number[], chosen?: Choice) {
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

function bootstrap(
  effect: (values: Values) => number,
  all: ReadonlyMap<string, Variable>,
  seeds: readonly number[],
): [number, number] {
  // Only what the formula reads is resampled: the rest would cost time and change nothing.
  const read = new Set<string>();
  effect(new Proxy(means(all, seeds), { get: (target, name) => (read.add(String(name)), target[String(name)] ?? 0) }));
  const variables = new Map([...all].filter(([name]) => read.has(name)));
  const draw = fastUniforms(CounterRandom.fromSeed(BOOTSTRAP_SEED));
  const sizes = new Map(
    [...variables.values()].map(({ suite, bySeed }) => [suite, [...bySeed.values()][0]?.length ?? 0]),
  );
  const effects = Float64Array.from({ length: RESAMPLES }, () => {
    const chosen = new Map(
      [...sizes].map(([suite, size]) => [suite, Uint32Array.from({ length: size }, () => Math.floor(draw() * size))]),
    );
    return effect(means(variables, seeds, chosen));
  }).sort();
  const at = (probability: number) => effects[Math.round(probability * (RESAMPLES - 1))] ?? Number.NaN;
  return [at(TAIL), at(1 - TAIL)];
}
