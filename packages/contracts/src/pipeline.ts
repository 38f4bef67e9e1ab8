/**
 * The extension field `pipeline`: one job, several phases, each starting from the weights the previous one ended with.
 * A phase names a recipe (`algorithm`); its `hyperparameters` are that recipe's config, whose schema the catalog supplies.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { GraderSpec } from './grader.js';
import { FileId, Id, Nullable } from './primitives.js';

export const PHASE_TYPES = ['supervised', 'reinforcement'] as const;
export type PhaseType = (typeof PHASE_TYPES)[number];
export const MAX_PHASES = 16;

const Algorithm = Type.String({ minLength: 1, maxLength: 64 });
const AnyConfig = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown());

/** Schema of one requested phase for a recipe: `hyperparameters` is the recipe's config with every key optional. */
export function phaseRequest<S extends TSchema>(type: PhaseType, algorithm: TSchema, hyperparameters: S) {
  return Type.Object(
    {
      type: Type.Literal(type),
      algorithm,
      /** Default: the job's `training_file`. */
      training_file: Type.Optional(FileId),
      validation_file: Type.Optional(Nullable(FileId)),
      ...(type === 'reinforcement' ? { grader: GraderSpec } : {}),
      hyperparameters: Type.Optional(hyperparameters),
    },
    { additionalProperties: false },
  );
}

/** A phase as the store keeps it: every value resolved, `"auto"` included. */
export const ResolvedPhase = Type.Object({
  type: Type.Union([Type.Literal('supervised'), Type.Literal('reinforcement')]),
  algorithm: Algorithm,
  trainingFile: Id,
  validationFile: Nullable(Id),
  grader: Nullable(GraderSpec),
  config: AnyConfig,
});
export type ResolvedPhase = Static<typeof ResolvedPhase>;
