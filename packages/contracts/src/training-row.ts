/** One line of a data file, per purpose of use: chat rows for SFT, pairs for DPO, chat rows with item keys for RL, items for evals. */
import Type, { type Static } from 'typebox';
import { ChatTool, ChatToolCall } from './chat-tools.js';
import { Nullable, OneOf } from './primitives.js';

const MessageParts = {
  /** May be null, or left out, where an assistant message has calls. */
  content: Type.Optional(Nullable(Type.String({ maxLength: 200_000 }))),
  name: Type.Optional(Type.String({ maxLength: 64 })),
  /** On assistant messages only: 0 switches the loss off. */
  weight: Type.Optional(Type.Union([Type.Literal(0), Type.Literal(1)])),
  tool_calls: Type.Optional(Nullable(Type.Array(ChatToolCall, { maxItems: 128 }))),
  /** Of a tool message: the call that its content is the result of. */
  tool_call_id: Type.Optional(Type.String({ maxLength: 128 })),
};

export const ChatMessage = Type.Object({
  role: OneOf(['system', 'developer', 'user', 'assistant', 'tool']),
  ...MessageParts,
});
export type ChatMessage = Static<typeof ChatMessage>;

const Messages = Type.Array(ChatMessage, { minItems: 1, maxItems: 512 });

/** Functions that the prompt lists. Whether an answer may call several counts where the model answers; a message that is learned calls what it calls. */
const ListedTools = {
  tools: Type.Optional(Nullable(Type.Array(ChatTool, { maxItems: 128 }))),
  parallel_tool_calls: Type.Optional(Nullable(Type.Boolean())),
};

/** Supervised: the last message is the assistant's, or at least one assistant message carries the loss. */
export const SupervisedRow = Type.Object({ messages: Messages, ...ListedTools });
export type SupervisedRow = Static<typeof SupervisedRow>;

/** Reinforcement: ends with a user turn; every other top-level key is readable by graders as `item.<key>`. */
export const ReinforcementRow = Type.Object(
  { messages: Messages, ...ListedTools },
  { additionalProperties: Type.Unknown() },
);
export type ReinforcementRow = Static<typeof ReinforcementRow> & Record<string, unknown>;

/** Ends with the assistant; what it called before, and the results, stand in between. */
const Answer = Type.Array(Type.Object({ role: OneOf(['assistant', 'tool']), ...MessageParts }), {
  minItems: 1,
  maxItems: 64,
});

/** Preference: a prompt that ends with a user turn, and two answers. */
export const PreferenceRow = Type.Object({
  input: Type.Object({ messages: Messages, ...ListedTools }),
  preferred_output: Answer,
  non_preferred_output: Answer,
});
export type PreferenceRow = Static<typeof PreferenceRow>;

/** What the chat template is to list; undefined for no functions. */
export const listedTools = ({
  tools,
}: {
  readonly tools?: readonly ChatTool[] | null | undefined;
}): readonly ChatTool[] | undefined => (tools && tools.length > 0 ? tools : undefined);

/** The functions that an answer to the row may call, and whether several at once: as a request that says as much is served. */
export const callableFunctions = (row: {
  readonly tools?: readonly ChatTool[] | null | undefined;
  readonly parallel_tool_calls?: boolean | null | undefined;
}): { readonly names: readonly string[]; readonly isParallel: boolean } => ({
  names: (listedTools(row) ?? []).map((tool) => tool.function.name),
  isParallel: row.parallel_tool_calls ?? true,
});

/** Characters that the model is to read or write, calls included. */
export function messageCharacters({ content, tool_calls: calls }: Pick<ChatMessage, 'content' | 'tool_calls'>): number {
  const called = (calls ?? []).reduce(
    (sum, { function: { name, arguments: text } }) => sum + name.length + text.length,
    0,
  );
  return (content ?? '').length + called;
}

/** Evals: `{"item":{…},"sample"?:{…}}`. */
export const EvalRow = Type.Object({
  item: Type.Record(Type.String({ maxLength: 128 }), Type.Unknown()),
  sample: Type.Optional(Nullable(Type.Record(Type.String({ maxLength: 128 }), Type.Unknown()))),
});
export type EvalRow = Static<typeof EvalRow>;

/** Shown in the error about a malformed line. */
export const ROW_EXAMPLES = {
  supervised: '{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"K AE T"}]}',
  preference:
    '{"input":{"messages":[{"role":"user","content":"cat"}]},"preferred_output":[{"role":"assistant","content":"K AE T"}],"non_preferred_output":[{"role":"assistant","content":"S AE T"}]}',
  reinforcement: '{"messages":[{"role":"user","content":"cat"}],"references":["K AE T"]}',
  evals: '{"item":{"prompt":"cat","references":["K AE T"]}}',
} as const;
