/**
 * What the platform knows about an algorithm without loading it: its name, its config schema and how a request becomes a
 * complete config. Validation, OpenAPI and the docs index are derived from this; nothing here may reach a runtime.
 */
import { Auto, type Checked, type DecoderConfig, type PhaseType, type Problem } from '@preheat/contracts';
import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { resolve } from './resolve-config.js';

/** What a config may depend on beside the request. */
export interface RecipeFacts {
  /** Rows of the training file. */
  readonly rows: number;
  readonly model: DecoderConfig;
}

/** How one key is chosen when the request leaves it out or says `"auto"`; keys without a rule have a fixed default. */
export type AutoRules<Config> = {
  readonly [Key in keyof Config]?: (known: Partial<Config>, facts: RecipeFacts) => Config[Key];
};

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

export interface RecipeEntry<S extends TObject = TObject> {
  readonly name: string;
  readonly phaseType: PhaseType;
  readonly title: string;
  readonly config: S;
  /** Schema of a request's `hyperparameters`: every key optional, and `"auto"` allowed. */
  readonly request: TObject;
  /** Completes a request; problems carry the key as path. Unknown keys are refused. */
  resolveConfig(requested: Readonly<Record<string, unknown>>, facts: RecipeFacts): Checked<Static<S>>;
  totalSteps(config: Static<S>, rows: number): number;
}

export function defineRecipe<S extends TObject>(definition: RecipeDefinition<S>): RecipeEntry<S> {
  const { name, phaseType, title, config, totalSteps } = definition;
  return {
    name,
    phaseType,
    title,
    config,
    request: requestSchema(config),
    resolveConfig: (requested, facts) => resolve(definition, requested, facts),
    totalSteps: (resolved, rows) => totalSteps(resolved, rows),
  };
}

function requestSchema(config: TObject): TObject {
  const properties: TProperties = {};
  for (const [key, schema] of Object.entries(config.properties as Record<string, TSchema & { description?: string }>)) {
    properties[key] = Type.Optional(Type.Union([Auto, schema], { description: schema.description ?? '' }));
  }
  return Type.Object(properties, { additionalProperties: false });
}
