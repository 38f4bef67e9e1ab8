/** Functions that a chat model may ask to call, and its calls. */
import Type, { type Static } from 'typebox';
import { Nullable, OneOf } from './primitives.js';

const FunctionName = Type.String({ pattern: '^[a-zA-Z0-9_-]{1,64}$' });

export const ChatTool = Type.Object({
  type: Type.Literal('function'),
  function: Type.Object({
    name: FunctionName,
    description: Type.Optional(Type.String({ maxLength: 16_384 })),
    /** JSON schema of the arguments. Left out, the function takes none. */
    parameters: Type.Optional(Type.Record(Type.String({ maxLength: 256 }), Type.Unknown())),
    /** Calls that the model decides on are held to the schema, as forced calls always are. */
    strict: Type.Optional(Nullable(Type.Boolean())),
  }),
});
export type ChatTool = Static<typeof ChatTool>;

const NamedFunction = Type.Object({
  type: Type.Literal('function'),
  function: Type.Object({ name: FunctionName }),
});

export const ToolChoice = Type.Union([
  OneOf(['none', 'auto', 'required']),
  NamedFunction,
  /** Some of the tools that the prompt lists. */
  Type.Object({
    type: Type.Literal('allowed_tools'),
    allowed_tools: Type.Object({
      mode: OneOf(['auto', 'required']),
      tools: Type.Array(NamedFunction, { minItems: 1, maxItems: 128 }),
    }),
  }),
]);
export type ToolChoice = Static<typeof ToolChoice>;

/** Fields of a request about tools. */
export const TOOL_FIELDS = {
  tools: Type.Optional(Nullable(Type.Array(ChatTool, { maxItems: 128 }))),
  tool_choice: Type.Optional(Nullable(ToolChoice)),
  parallel_tool_calls: Type.Optional(Nullable(Type.Boolean())),
};

export const ChatToolCall = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 128 }),
  type: Type.Literal('function'),
  function: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    /** The text of a JSON object. */
    arguments: Type.String({ maxLength: 1_000_000 }),
  }),
});
export type ChatToolCall = Static<typeof ChatToolCall>;
