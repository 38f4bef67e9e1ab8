/**
 * What a recipe states about its config: the schema with fixed defaults, the rules behind `"auto"`, and what no schema can
 * say. `defineRecipe` makes a catalog entry of it.
 */
import type { DecoderConfig, PhaseType, Problem } from '@preheat/contracts';
import type { Static, TObject } from 'typebox';

/** What a config may depend on beside the request. */
export interface RecipeFacts {
  /** Rows of the training file. */
  readonly rows: number;
  readonly model: DecoderConfig;
  /** Names of the scores that the grader of the phase has; absent where it is not known. */
  readonly scores?: readonly string[];
}

/** How one key is chosen when the request leaves it out or says `"auto"`; keys without a rule have a fixed default. */
export type AutoRules<Config> = {
  readonly [Key in keyof Config]?: (known: Partial<Config>, facts: RecipeFacts) => Config[Key];
};

/** Rules as for a file of the rows that are trained on. @param count How many those are, of so many. */
export function rulesForRows<Config>(
  rules: AutoRules<Config>,
  count: (known: Partial<Config>, rows: number) => number,
): AutoRules<Config> {
  type Rule = (known: Partial<Config>, facts: RecipeFacts) => unknown;
  const forCount =
    (rule: Rule): Rule =>
    (known, facts) =>
      rule(known, { ...facts, rows: count(known, facts.rows) });
  return Object.fromEntries(
    Object.entries<Rule>(rules as Record<string, Rule>).map(([key, rule]) => [key, forCount(rule)]),
  ) as AutoRules<Config>;
}

export interface RecipeDefinition<S extends TObject> {
  /** Value of `algorithm`; the name of the recipe's folder. */
  readonly name: string;
  readonly phaseType: PhaseType;
  /** One line for lists of recipes. */
  readonly title: string;
  /** A resolved config: every key present. Defaults, bounds and descriptions are part of the schema. */
  readonly config: S;
  /** Run in order; a rule sees the keys of the request and those resolved before it. */
  readonly auto: AutoRules<Static<S>>;
  /** What no schema can say about the values together. */
  readonly check: (config: Static<S>, facts: RecipeFacts) => Problem[];
  /** Optimiser steps of a phase. */
  readonly totalSteps: (config: Static<S>, rows: number) => number;
}
