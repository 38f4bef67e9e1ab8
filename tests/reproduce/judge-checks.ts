/**
 * The verdict, by the rule set in advance for every experiment: a check passes when its margin holds on the means over seeds,
 * and its effect is above 0 with every seed or has a 90 % interval above 0; where a criterion counts seeds itself, by that.
 * Intervals are percentile bootstraps (Efron and Tibshirani 1993, chapter 13) over the items of each suite, the same ones for
 * every arm and seed, so that what makes an item hard for all of them cancels.
 */
import { parseFormula } from '@preheat/graders';
import { CounterRandom, fastUniforms } from '@preheat/ports';
import { means, type Values, type Variables, variablesOf } from './check-variables.js';
import { attainableArea } from './curve-area.js';
import type { Experiment } from './experiment.js';
import { withPicks } from './pick-arms.js';
import type { ArmRun } from './run-arms.js';
import { rounded } from './scores.js';

export const RESAMPLES = 2000;
const TAIL = 0.05;
const BOOTSTRAP_SEED = 0;
const AREA = '__area';

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

/** What is judged, and what its formulas may speak of. */
export interface Judged {
  readonly checks: Experiment['checks'];
  readonly suites: Experiment['suites'];
  readonly curves?: Experiment['curves'] | undefined;
  readonly picks?: Experiment['picks'] | undefined;
}

/** @throws Error naming a formula that cannot be read, and the variables there are. */
export function judgeChecks(
  { checks, suites, curves = {}, picks = {} }: Judged,
  runs: readonly ArmRun[],
): CheckResult[] {
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const variables = withPicks(variablesOf(runs, suites), seeds, picks);
  const formulaOf = (source: string) => readFormula(source, variables, curves);
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

/** A formula of the variables and the areas of curves, which are computed when they are read. */
function readFormula(
  source: string,
  variables: Variables,
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

function bootstrap(effect: (values: Values) => number, all: Variables, seeds: readonly number[]): [number, number] {
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
