/** Graders that call something: a sandboxed Python function, a judge model, or an address of the caller's (extension). */
import Type, { type Static } from 'typebox';
import { GraderName, PassThreshold, Template } from './grader-fields.js';
import { Nullable, OneOf, Seed } from './primitives.js';

/** OpenAI's limit on the source. */
export const MAX_PYTHON_SOURCE_BYTES = 256 * 1024;

/** `def grade(sample: dict, item: dict) -> float`. */
export const PythonGrader = Type.Object(
  {
    type: Type.Literal('python'),
    name: GraderName,
    source: Type.String({ minLength: 1, maxLength: MAX_PYTHON_SOURCE_BYTES }),
    /** Named by OpenAI's clients; there is one image here, and the tag changes nothing. */
    image_tag: Type.Optional(Nullable(Type.String({ maxLength: 64 }))),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type PythonGrader = Static<typeof PythonGrader>;

/** What a part of a message may hold; images and audio are refused by the compiler, with the reason. */
export const JudgeMessage = Type.Object(
  {
    role: OneOf(['user', 'assistant', 'system', 'developer']),
    type: Type.Optional(Type.Literal('message')),
    /** A string, a part, or an array of both. */
    content: Type.Unknown(),
  },
  { additionalProperties: false },
);
export type JudgeMessage = Static<typeof JudgeMessage>;

export const JudgeTextPart = Type.Object({ type: OneOf(['input_text', 'output_text', 'text']), text: Template });

const JudgeModel = Type.String({ minLength: 1, maxLength: 300 });
const JudgeInput = Type.Array(JudgeMessage, { minItems: 1, maxItems: 64 });

const JudgeSampling = Type.Object(
  {
    seed: Type.Optional(Nullable(Seed)),
    top_p: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 1 }))),
    temperature: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 2 }))),
    /** OpenAI's spelling. */
    max_completions_tokens: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
    reasoning_effort: Type.Optional(Nullable(Type.Literal('none'))),
  },
  { additionalProperties: false },
);
export type JudgeSampling = Static<typeof JudgeSampling>;

/** The judge answers `{"result": number, "steps": [...]}`; the result is clamped to `range`. */
export const ScoreModelGrader = Type.Object(
  {
    type: Type.Literal('score_model'),
    name: GraderName,
    model: JudgeModel,
    input: JudgeInput,
    /** Default [0, 1]. */
    range: Type.Optional(
      Nullable(Type.Array(Type.Number({ minimum: -1e9, maximum: 1e9 }), { minItems: 2, maxItems: 2 })),
    ),
    sampling_params: Type.Optional(Nullable(JudgeSampling)),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type ScoreModelGrader = Static<typeof ScoreModelGrader>;

const Labels = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 64 });

/** The judge answers `{"label": one of labels, "steps": [...]}`; score 1 for a passing label, else 0. */
export const LabelModelGrader = Type.Object(
  {
    type: Type.Literal('label_model'),
    name: GraderName,
    model: JudgeModel,
    input: JudgeInput,
    labels: Labels,
    passing_labels: Labels,
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type LabelModelGrader = Static<typeof LabelModelGrader>;

/** Extension: `POST {"sample": …, "item": …}`; answers `{"score": number}`. */
export const HttpGrader = Type.Object(
  {
    type: Type.Literal('http'),
    name: GraderName,
    url: Type.String({ minLength: 8, maxLength: 2048 }),
    /** Sent along; stored with the job in clear. */
    headers: Type.Optional(Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 4096 }))),
    /** Of one attempt; default 30. */
    timeout_seconds: Type.Optional(Type.Number({ minimum: 0.1, maximum: 120 })),
    pass_threshold: PassThreshold,
  },
  { additionalProperties: false },
);
export type HttpGrader = Static<typeof HttpGrader>;
