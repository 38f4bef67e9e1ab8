/** The create request of a job, with one phase schema a recipe of the catalog. */
import {
  type AdvanceCondition,
  ApiError,
  createJobRequest,
  type GraderSpec,
  phaseRequest,
  type PhaseType,
  type ResolvedPhase,
} from '@preheat/contracts';
import { DEFAULT_RECIPES, RECIPES } from '@preheat/recipes/catalog';
import Type, { type Static } from 'typebox';

const phaseSchemas = RECIPES.map((recipe) => {
  const isDefault = DEFAULT_RECIPES[recipe.phaseType] === recipe.name;
  const name = Type.Literal(recipe.name, { description: recipe.title });
  return phaseRequest(recipe.phaseType, isDefault ? Type.Optional(name) : name, recipe.request);
});

export const CreateJobRequest = createJobRequest(phaseSchemas);
export type CreateJobRequest = Omit<Static<typeof CreateJobRequest>, 'pipeline'> & {
  readonly pipeline?: readonly PipelinePhase[];
};

/** One entry of `pipeline`, as the recipe's own schema has checked it. */
export interface PipelinePhase {
  readonly type: PhaseType;
  readonly algorithm?: string;
  readonly training_file?: string;
  readonly validation_file?: string | null;
  readonly grader?: GraderSpec;
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
  readonly advance?: AdvanceCondition;
  readonly reference?: NonNullable<ResolvedPhase['reference']>;
}

/**
 * What a schema cannot say precisely. Runs on the raw body, before the schema, which would only say that no phase fits.
 * @throws ApiError `unknown_algorithm` or `unsupported_parameter`.
 */
export function refuseUnserved(body: unknown): void {
  const { pipeline, method, integrations } = (body ?? {}) as Record<string, unknown>;
  if (Array.isArray(pipeline)) pipeline.forEach((phase, index) => refuseUnknownAlgorithm(phase, `pipeline.${index}`));
  const { reinforcement } = (method ?? {}) as { reinforcement?: Record<string, unknown> };
  refuseUnknownAlgorithm(reinforcement, 'method.reinforcement', 'reinforcement');
  const effort = (reinforcement?.['hyperparameters'] as Record<string, unknown> | undefined)?.['reasoning_effort'];
  if (effort !== undefined && effort !== 'default') {
    throw unsupported('method.reinforcement.hyperparameters.reasoning_effort', "only 'default' is served");
  }
  if (reinforcement?.['response_format'] !== undefined) {
    const reason =
      'a policy learns from what it says by itself, and an answer held to a format is not; grade the format';
    throw unsupported('method.reinforcement.response_format', reason);
  }
  if (Array.isArray(integrations) && integrations.length > 0) {
    throw unsupported('integrations', 'integrations are not served; leave the list empty');
  }
}

function refuseUnknownAlgorithm(phase: unknown, path: string, type?: PhaseType): void {
  const given = (phase ?? {}) as { type?: unknown; algorithm?: unknown };
  const phaseType = type ?? given.type;
  const served = RECIPES.filter((recipe) => recipe.phaseType === phaseType).map((recipe) => recipe.name);
  if (typeof given.algorithm !== 'string' || served.length === 0 || served.includes(given.algorithm)) return;
  const message = `No recipe for ${String(phaseType)} phases is named '${given.algorithm}'. Recipes: ${served.join(', ')}.`;
  throw new ApiError('unknown_algorithm', message, { param: `${path}.algorithm` });
}

function unsupported(param: string, why: string): ApiError {
  return new ApiError('unsupported_parameter', `Unsupported value for '${param}': ${why}.`, { param });
}
