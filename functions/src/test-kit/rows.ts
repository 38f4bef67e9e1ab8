/** Small data files in the language of the base models: spellings and their phonemes. */
export const SFT_ROWS = ['cat:K AE T', 'dog:D AO G', 'bed:B EH D', 'fish:F IH SH'].map((pair) => {
  const [word, sounds] = pair.split(':') as [string, string];
  return {
    messages: [
      { role: 'user', content: word },
      { role: 'assistant', content: sounds },
    ],
  };
});

export const RL_ROWS = SFT_ROWS.map(({ messages }) => ({
  messages: messages.slice(0, 1),
  references: [messages[1]?.content ?? ''],
}));

/** The right sounds, and those of another word. */
export const PREFERENCE_ROWS = SFT_ROWS.map(({ messages }, row) => {
  const other = SFT_ROWS[(row + 1) % SFT_ROWS.length]?.messages ?? [];
  return {
    input: { messages: messages.slice(0, 1), tools: [], parallel_tool_calls: true },
    preferred_output: messages.slice(1),
    non_preferred_output: other.slice(1),
  };
});

export const EVAL_ROWS = RL_ROWS.map(({ messages, references }) => ({
  item: { word: messages[0]?.content ?? '', references },
}));

export const jsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** 1 for exactly the first of an item's references. */
export const EXACT = {
  type: 'string_check',
  name: 'exact',
  input: '{{sample.output_text}}',
  reference: '{{item.references[0]}}',
  operation: 'eq',
} as const;

export const GRADER = {
  type: 'phoneme_error_rate',
  name: 'per',
  input: '{{ sample.output_text }}',
  references: '{{ item.references }}',
} as const;
