/** What a run is about: rows of a file, of the request or of stored completions, and how a model answers them. */
import Type, { type Static } from 'typebox';
import { JsonSchemaFormat, ResponseFormat } from './chat.js';
import { ChatTool } from './chat-tools.js';
import { FileId, Metadata, ModelName, Nullable, Seed, UnixSeconds } from './primitives.js';
import { JudgeMessage } from './service-graders.js';
import { EvalRow } from './training-row.js';

const CLOSED = { additionalProperties: false };
/** Known to OpenAI's wire and refused when the run is created, with the reason, unless the value changes nothing. */
const Refused = Type.Optional(Type.Unknown());

/** Answers of a model to one row. */
export const MAX_SAMPLES_PER_ITEM = 128;
/** The same in a recorded run: as many as a phase may draw for one validation row. */
export const MAX_RECORDED_SAMPLES = 1_000;
/** Rows of one request, and stored completions of one run. */
export const MAX_INLINE_ROWS = 10_000;
const FileSource = Type.Object({ type: Type.Literal('file_id'), id: FileId }, CLOSED);
const InlineSource = Type.Object(
  { type: Type.Literal('file_content'), content: Type.Array(EvalRow, { minItems: 1, maxItems: MAX_INLINE_ROWS }) },
  CLOSED,
);
/** Stored completions, the oldest first, as they are when the run is created. */
const StoredCompletionsSource = Type.Object(
  {
    type: Type.Literal('stored_completions'),
    model: Type.Optional(Nullable(ModelName)),
    metadata: Type.Optional(Nullable(Metadata)),
    /** Both exclusive. */
    created_after: Type.Optional(Nullable(UnixSeconds)),
    created_before: Type.Optional(Nullable(UnixSeconds)),
    limit: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: MAX_INLINE_ROWS }))),
  },
  CLOSED,
);
export type StoredCompletionsSource = Static<typeof StoredCompletionsSource>;
/** Refused: there are no stored responses here. Open, because its filters need no names for that. */
const StoredResponsesSource = Type.Object(
  { type: Type.Literal('responses') },
  { additionalProperties: Type.Unknown() },
);

const InputMessages = Type.Union([
  Type.Object(
    { type: Type.Literal('template'), template: Type.Array(JudgeMessage, { minItems: 1, maxItems: 64 }) },
    CLOSED,
  ),
  Type.Object(
    { type: Type.Literal('item_reference'), item_reference: Type.String({ minLength: 1, maxLength: 256 }) },
    CLOSED,
  ),
]);
export type InputMessages = Static<typeof InputMessages>;

const SAMPLING = {
  temperature: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 2 }))),
  top_p: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 1 }))),
  seed: Type.Optional(Nullable(Seed)),
  max_completion_tokens: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
  reasoning_effort: Refused,
};
export const CompletionSampling = Type.Object(
  {
    ...SAMPLING,
    response_format: Type.Optional(Nullable(ResponseFormat)),
    tools: Type.Optional(Nullable(Type.Array(ChatTool, { maxItems: 128 }))),
  },
  CLOSED,
);
/** A response format in the words of the responses API, which has the parts of a schema beside its type. */
const ResponseText = Type.Object(
  {
    format: Type.Optional(
      Type.Union([
        Type.Object({ type: Type.Literal('text') }),
        Type.Object({ type: Type.Literal('json_object') }),
        Type.Interface([JsonSchemaFormat], { type: Type.Literal('json_schema') }),
      ]),
    ),
  },
  CLOSED,
);
export const ResponseSampling = Type.Object(
  { ...SAMPLING, text: Type.Optional(Nullable(ResponseText)), tools: Refused },
  CLOSED,
);

export const JsonlDataSource = Type.Object(
  { type: Type.Literal('jsonl'), source: Type.Union([FileSource, InlineSource]) },
  CLOSED,
);
export const CompletionsDataSource = Type.Object(
  {
    type: Type.Literal('completions'),
    /** Who answers. Left out, the answers of stored completions are graded as they are. */
    model: Type.Optional(Nullable(ModelName)),
    source: Type.Union([FileSource, InlineSource, StoredCompletionsSource]),
    /** Default for stored completions: their own conversation, `item.input`. */
    input_messages: Type.Optional(Nullable(InputMessages)),
    sampling_params: Type.Optional(Nullable(CompletionSampling)),
  },
  CLOSED,
);
export const ResponsesDataSource = Type.Object(
  {
    type: Type.Literal('responses'),
    model: Type.Optional(Nullable(ModelName)),
    source: Type.Union([FileSource, InlineSource, StoredResponsesSource]),
    input_messages: Type.Optional(Nullable(InputMessages)),
    sampling_params: Type.Optional(Nullable(ResponseSampling)),
  },
  CLOSED,
);
export const RunDataSource = Type.Union([JsonlDataSource, CompletionsDataSource, ResponsesDataSource]);
export type RunDataSource = Static<typeof RunDataSource>;
/** A source whose rows a model answers. */
export type SampledDataSource = Exclude<RunDataSource, { type: 'jsonl' }>;
