/** One line of a data file, per purpose of use: chat rows for SFT, pairs for DPO, chat rows with item keys for RL, items for evals. */
import Type, { type Static } from 'typebox';
import { Nullable, OneOf } from './primitives.js';

const Text = Type.String({ maxLength: 200_000 });

export const ChatMessage = Type.Object({
  role: OneOf(['system', 'developer', 'user', 'assistant']),
  content: Text,
  name: Type.Optional(Type.String({ maxLength: 64 })),
  /** On assistant messages only: 0 switches the loss off. */
  weight: Type.Optional(Type.Union([Type.Literal(0), Type.Literal(1)])),
});
export type ChatMessage = Static<typeof ChatMessage>;

const Messages = Type.Array(ChatMessage, { minItems: 1, maxItems: 512 });

/** Supervised: the last message is the assistant's, or at least one assistant message carries the loss. */
export const SupervisedRow = Type.Object({ messages: Messages });
export type SupervisedRow = Static<typeof SupervisedRow>;

/** Reinforcement: ends with a user turn; every other top-level key is readable by graders as `item.<key>`. */
export const ReinforcementRow = Type.Object({ messages: Messages }, { additionalProperties: Type.Unknown() });
export type ReinforcementRow = Static<typeof ReinforcementRow> & Record<string, unknown>;

const Answer = Type.Array(Type.Object({ role: Type.Literal('assistant'), content: Text }), {
  minItems: 1,
  maxItems: 1,
});

/** Preference: a prompt that ends with a user turn, and two answers of one assistant message each. */
export const PreferenceRow = Type.Object({
  input: Type.Object({
    messages: Messages,
    /** Tools are not trained: an empty list, as clients send it. */
    tools: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
    parallel_tool_calls: Type.Optional(Type.Boolean()),
  }),
  preferred_output: Answer,
  non_preferred_output: Answer,
});
export type PreferenceRow = Static<typeof PreferenceRow>;

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
