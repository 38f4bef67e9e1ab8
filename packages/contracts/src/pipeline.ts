/**
 * The extension field `pipeline`: one job, several phases, each starting from the weights the previous one ended with.
 * A phase names a recipe (`algorithm`); its `hyperparameters` are that recipe's config, whose schema the catalog supplies.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { GraderSpec } from './grader.js';
import { FileId, Id, Nullable, OneOf } from './primitives.js';

export const PHASE_TYPES = ['supervised', 'preference', 'reinforcement'] as const;
export type PhaseType = (typeof PHASE_TYPES)[number];
export const MAX_PHASES = 16;

/** When a phase ends before its last step, judged at every evaluation of the validation file. Any condition suffices. */
const Advance = {
  /** Evaluations in a row without a better one. */
  no_gain_in: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  /** By how much an evaluation must be better to count as a gain; default 0. */
  min_gain: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
};
const Bound = Type.Optional(Type.Number({ minimum: -1e9, maximum: 1e9 }));
const ByLoss = Type.Object({ valid_loss_at_most: Bound, ...Advance }, { additionalProperties: false });
const ADVANCE = {
  supervised: ByLoss,
  preference: ByLoss,
  reinforcement: Type.Object({ valid_reward_at_least: Bound, ...Advance }, { additionalProperties: false }),
} as const;
export const AdvanceCondition = Type.Object(
  { valid_loss_at_most: Bound, valid_reward_at_least: Bound, ...Advance },
  { additionalProperties: false },
);
export type AdvanceCondition = Static<typeof AdvanceCondition>;

/** The policy that a KL penalty or a preference loss holds a phase to: what the phase, or the whole job, started from. */
export const ReferencePolicy = OneOf(['phase_start', 'job_start']);

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
      ...(type === 'supervised' ? {} : { reference: Type.Optional(ReferencePolicy) }),
      advance: Type.Optional(ADVANCE[type]),
      hyperparameters: Type.Optional(hyperparameters),
    },
    { additionalProperties: false },
  );
}

/** A phase as the store keeps it: every value resolved, `"auto"` included. */
export const ResolvedPhase = Type.Object({
  type: OneOf([...PHASE_TYPES]),
  algorithm: Algorithm,
  trainingFile: Id,
  validationFile: Nullable(Id),
  grader: Nullable(GraderSpec),
  config: AnyConfig,
  advance: Type.Optional(AdvanceCondition),
  /** Of a preference or reinforcement phase; absent: `phase_start`. */
  reference: Type.Optional(ReferencePolicy),
});
export type ResolvedPhase = Static<typeof ResolvedPhase>;
