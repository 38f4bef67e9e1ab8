/**
 * Graders: what a reinforcement phase or an eval is scored with, in OpenAI's shapes plus extension types.
 * `GraderSpec` is what crosses the wire: an open object, because one precise refusal ("python graders are not supported")
 * is worth more than six failed union branches. `@preheat/graders` compiles a spec and checks it with the schema of its
 * type; only then may it be treated as a `Grader`.
 */
import Type, { type Static } from 'typebox';
import { GraderName as Name, PassThreshold, Template } from './grader-fields.js';
import { Nullable, OneOf } from './primitives.js';
import type { HttpGrader, LabelModelGrader, PythonGrader, ScoreModelGrader } from './service-graders.js';

/** Types that can be compiled. `phoneme_error_rate`, `task` and `http` are extensions; the others are OpenAI's. */
export const GRADER_TYPES = [
  'string_check',
  'text_similarity',
  'python',
  'score_model',
  'label_model',
  'multi',
  'phoneme_error_rate',
  'task',
  'http',
] as const;
export type GraderType = (typeof GRADER_TYPES)[number];

export const GraderSpec = Type.Object(
  {
    type: Type.String({
      minLength: 1,
      maxLength: 64,
      description: `One of ${GRADER_TYPES.join(', ')}; docs/graders.md has the fields of each.`,
    }),
    name: Name,
  },
  { additionalProperties: Type.Unknown() },
);
export type GraderSpec = Static<typeof GraderSpec> & Record<string, unknown>;

/** `like` means that the input contains the reference; `ilike` is the same without regard to case. Score 0 or 1. */
export const StringCheckGrader = Type.Object(
  {
    type: Type.Literal('string_check'),
    name: Name,
    input: Template,
    reference: Template,
    /** `neq` is how OpenAI's guide spells `ne`; it is normalised. */
    operation: OneOf(['eq', 'ne', 'neq', 'like', 'ilike']),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type StringCheckGrader = Static<typeof StringCheckGrader>;

export const SIMILARITY_METRICS = [
  'fuzzy_match',
  'bleu',
  'gleu',
  'meteor',
  'rouge_1',
  'rouge_2',
  'rouge_3',
  'rouge_4',
  'rouge_5',
  'rouge_l',
  /** Of embeddings; evals only, and only where an embedding endpoint is configured. */
  'cosine',
] as const;
export type SimilarityMetric = (typeof SIMILARITY_METRICS)[number];

/** Score in [0, 1] (cosine: [-1, 1]), 1 for equal texts (bleu: of at least four words; meteor: just below 1). */
export const TextSimilarityGrader = Type.Object(
  {
    type: Type.Literal('text_similarity'),
    name: Name,
    input: Template,
    reference: Template,
    evaluation_metric: OneOf(SIMILARITY_METRICS),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type TextSimilarityGrader = Static<typeof TextSimilarityGrader>;

/**
 * Extension. Score = 1 − min over references of (edit distance over space-separated symbols ÷ reference length), clamped
 * to [0, 1]. Over phonemes the rate is the PER of speech research, over words its WER: the symbols decide, not the grader.
 */
export const PhonemeErrorRateGrader = Type.Object(
  {
    type: Type.Literal('phoneme_error_rate'),
    name: Name,
    input: Template,
    /** Exactly one placeholder, `{{ item.<key> }}`; the key holds one reference string or an array of them. */
    references: Type.String({ minLength: 1, maxLength: 512 }),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type PhonemeErrorRateGrader = Static<typeof PhonemeErrorRateGrader>;

/**
 * Extension. The exact verifier of a procedural task of `@preheat/tasks`, on the answer in the input: what follows its last
 * `#`. Score 1 for a right answer, else 0; with `part` how far that part of it is right, in [0, 1].
 */
export const TaskGrader = Type.Object(
  {
    type: Type.Literal('task'),
    name: Name,
    /** Name of the task, such as `countdown3`. */
    task: Type.String({ minLength: 1, maxLength: 64 }),
    /** Default: `{{sample.output_text}}`. */
    input: Type.Optional(Template),
    /** Exactly one placeholder, `{{ item.<key> }}`; the key holds the data of the item. Default: `{{item.task_data}}`. */
    data: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    /** A part of the verdict, such as `format`; default `correct`. */
    part: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type TaskGrader = Static<typeof TaskGrader>;

export type LeafGrader =
  | StringCheckGrader
  | TextSimilarityGrader
  | PhonemeErrorRateGrader
  | TaskGrader
  | PythonGrader
  | ScoreModelGrader
  | LabelModelGrader
  | HttpGrader;

/** Names usable as variables of a formula. */
export const GRADER_KEY_PATTERN = '^[A-Za-z_][A-Za-z0-9_]{0,63}$';
export const MAX_SUB_GRADERS = 32;

/** Three shapes are in use: a map from variable to grader, an array and a single grader (then the name is the variable). */
const SubGraders = Type.Union([
  Type.Record(Type.String(), Type.Unknown()),
  Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_SUB_GRADERS }),
]);

export const MultiGraderSpec = Type.Object(
  {
    type: Type.Literal('multi'),
    name: Name,
    graders: SubGraders,
    /** Formula over the sub-grader names: + - * / ^, parentheses, min max abs floor ceil exp sqrt log. */
    calculate_output: Type.String({ minLength: 1, maxLength: 4096 }),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);

/** A multi grader as normalised: sub-graders by variable name, never another multi. */
export interface MultiGrader {
  readonly type: 'multi';
  readonly name: string;
  readonly graders: Readonly<Record<string, LeafGrader>>;
  readonly calculate_output: string;
  readonly pass_threshold?: number;
}

export type Grader = LeafGrader | MultiGrader;

/** The error flags of OpenAI's grader runs. Any raised flag makes the reward 0; nothing is thrown into training. */
export const GraderErrors = Type.Object({
  formula_parse_error: Type.Boolean(),
  sample_parse_error: Type.Boolean(),
  truncated_observation_error: Type.Boolean(),
  unresponsive_reward_error: Type.Boolean(),
  invalid_variable_error: Type.Boolean(),
  other_error: Type.Boolean(),
  python_grader_server_error: Type.Boolean(),
  python_grader_server_error_type: Nullable(Type.String({ maxLength: 256 })),
  python_grader_runtime_error: Type.Boolean(),
  python_grader_runtime_error_details: Nullable(Type.String({ maxLength: 4096 })),
  model_grader_server_error: Type.Boolean(),
  model_grader_refusal_error: Type.Boolean(),
  model_grader_parse_error: Type.Boolean(),
  model_grader_server_error_details: Nullable(Type.String({ maxLength: 4096 })),
});
export type GraderErrors = Static<typeof GraderErrors>;
