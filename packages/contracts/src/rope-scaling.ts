/**
 * How rotary positions are stretched beyond the length a model was trained on, in the terms of Hugging Face's
 * `rope_scaling`. Every kind is closed: a key it does not know would change the angles, so it is refused.
 */
import Type, { type Static, type TSchema } from 'typebox';

const Factor = Type.Number({ minimum: 1, maximum: 1e6 });
const Positive = Type.Number({ exclusiveMinimum: 0, maximum: 1e6 });
const Length = Type.Integer({ minimum: 1, maximum: 16_777_216 });
const closed = { additionalProperties: false } as const;

/** Every frequency divided by `factor` (position interpolation, Chen et al. 2023). */
const LinearScaling = Type.Object({ rope_type: Type.Literal('linear'), factor: Factor }, closed);

/**
 * Grows the base with the sequence once it is longer than `max_position_embeddings`, which no sequence here is: within
 * that length the angles are the plain ones.
 */
const DynamicScaling = Type.Object({ rope_type: Type.Literal('dynamic'), factor: Factor }, closed);

/** Llama 3.1: low frequencies divided by `factor`, high ones kept, a linear blend between. */
const Llama3Scaling = Type.Object(
  {
    rope_type: Type.Literal('llama3'),
    factor: Factor,
    low_freq_factor: Positive,
    high_freq_factor: Positive,
    original_max_position_embeddings: Length,
  },
  closed,
);

/** YaRN (Peng et al. 2023): a blend by wavelength, and cosines and sines multiplied by an attention factor. */
const YarnScaling = Type.Object(
  {
    rope_type: Type.Literal('yarn'),
    factor: Factor,
    original_max_position_embeddings: Length,
    attention_factor: Type.Optional(Type.Number({ minimum: 0, maximum: 1e6 })),
    beta_fast: Type.Optional(Positive),
    beta_slow: Type.Optional(Positive),
    mscale: Type.Optional(Type.Number({ minimum: 0, maximum: 1e6 })),
    mscale_all_dim: Type.Optional(Type.Number({ minimum: 0, maximum: 1e6 })),
    /** Whether the bounds of the blend are rounded outwards to whole dimensions. Default true. */
    truncate: Type.Optional(Type.Boolean()),
  },
  closed,
);

export const RopeScaling = Type.Union([LinearScaling, DynamicScaling, Llama3Scaling, YarnScaling]);
export type RopeScaling = Static<typeof RopeScaling>;

/** One schema a kind, so that a mistake is reported against the kind that was meant. */
export const ROPE_SCALING_KINDS: Readonly<Record<RopeScaling['rope_type'], TSchema>> = {
  linear: LinearScaling,
  dynamic: DynamicScaling,
  llama3: Llama3Scaling,
  yarn: YarnScaling,
};
