/** Extension: when a model expires. Setting it, lifting it, and reading it are one resource of the model. */
import Type, { type Static } from 'typebox';
import { ModelName, Nullable, UnixSeconds } from './primitives.js';
import { MAX_TTL_SECONDS, MIN_TTL_SECONDS } from './retention.js';

/** One of the two. */
export const SetModelExpiry = Type.Object(
  {
    expires_at: Type.Optional(Type.Integer({ ...UnixSeconds, description: 'Unix time, still to come.' })),
    expires_in_seconds: Type.Optional(
      Type.Integer({ minimum: MIN_TTL_SECONDS, maximum: MAX_TTL_SECONDS, description: 'From now on.' }),
    ),
  },
  { additionalProperties: false },
);
export type SetModelExpiry = Static<typeof SetModelExpiry>;

export const ModelExpiry = Type.Object({
  object: Type.Literal('model.expiry'),
  model: ModelName,
  /** Null: never. A model in use expires once nothing uses it. */
  expires_at: Nullable(UnixSeconds),
});
export type ModelExpiry = Static<typeof ModelExpiry>;
