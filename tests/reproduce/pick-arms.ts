/**
 * One arm out of several by how good it is, such as the worst of some settings. Who picks the best or worst of equals by the
 * answers that then count finds a difference where there is none: so the arm of every seed is picked by the other seeds.
 */
import { parseFormula } from '@preheat/graders';
import { means, type Values, type Variable, type Variables } from './check-variables.js';
import type { ArmPick } from './experiment.js';

const STAND_IN = 'arm__';

/**
 * The variables with those of each pick, `<pick>__<measure>`: with every seed, those of the arm that is picked for it.
 * @throws Error naming the pick and what is wrong with it.
 */
export function withPicks(variables: Variables, seeds: readonly number[], picks: Readonly<Record<string, ArmPick>>) {
  const all = new Map(variables);
  for (const [name, pick] of Object.entries(picks)) {
    const measures = measuresOf(name, pick, variables);
    const picked = new Map(seeds.map((seed) => [seed, pickedFor(seed, { name, pick, measures, variables, seeds })]));
    for (const measure of measures) all.set(`${name}__${measure}`, ofPicked(measure, picked, variables));
  }
  return all;
}

/** What every arm among them has. */
function measuresOf(name: string, { among }: ArmPick, variables: Variables): string[] {
  const names = [...variables.keys()];
  if (names.some((one) => one.startsWith(`${name}__`))) throw new Error(`the pick ${name} has the name of an arm`);
  const missing = among.find((arm) => !names.some((one) => one.startsWith(`${arm}__`)));
  if (missing !== undefined) throw new Error(`the pick ${name} is among ${missing}, which is no arm`);
  const [first = ''] = among;
  const measures = names.filter((one) => one.startsWith(`${first}__`)).map((one) => one.slice(first.length + 2));
  return measures.filter((measure) => among.every((arm) => variables.has(`${arm}__${measure}`)));
}

interface Picking {
  readonly name: string;
  readonly pick: ArmPick;
  readonly measures: readonly string[];
  readonly variables: Variables;
  readonly seeds: readonly number[];
}

/** By the other seeds; where there is no other, by this one. Of equals the first. */
function pickedFor(seed: number, { name, pick, measures, variables, seeds }: Picking): string {
  const others = seeds.filter((other) => other !== seed);
  const values = means(variables, others.length > 0 ? others : seeds);
  const parsed = parseFormula(
    pick.by,
    measures.map((measure) => STAND_IN + measure),
  );
  if (!parsed.ok) throw new Error(`the pick ${name}, "${pick.by}": ${parsed.message}`);
  const worthOf = (arm: string) => parsed.value(asStandIn(arm, measures, values));
  const sign = pick.take === 'highest' ? 1 : -1;
  return pick.among.reduce((best, arm) => (sign * (worthOf(arm) - worthOf(best)) > 0 ? arm : best));
}

const asStandIn = (arm: string, measures: readonly string[], values: Values): Values =>
  Object.fromEntries(measures.map((measure) => [STAND_IN + measure, values[`${arm}__${measure}`] ?? Number.NaN]));

function ofPicked(measure: string, picked: ReadonlyMap<number, string>, variables: Variables): Variable {
  const found = [...picked].map(([seed, arm]) => [seed, variables.get(`${arm}__${measure}`)] as const);
  return {
    suite: found[0]?.[1]?.suite ?? '',
    bySeed: new Map(found.map(([seed, variable]) => [seed, variable?.bySeed.get(seed) ?? []])),
  };
}
