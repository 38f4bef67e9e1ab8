/**
 * What the platform knows about an algorithm without loading it: its name, its config schema and how a request becomes a
 * complete config. Validation, OpenAPI and the docs index are derived from this; nothing here may reach a runtime.
 */
import { Auto, type Checked, type PhaseType } from '@preheat/contracts';
import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import type { RecipeDefinition, RecipeFacts } from './recipe-definition.js';
import { resolve } from './resolve-config.js';

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
