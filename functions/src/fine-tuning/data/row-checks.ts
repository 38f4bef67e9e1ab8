/**
 * What a row needs: the turns its phase trains on, every `item` key its grader reads, and room in the model. Pure; all
 * problems of a row are told. A type of phase is one entry of `CHATS`.
 */
import {
  type ChatMessage,
  type ChatTool,
  listedTools,
  type PhaseType,
  type PreferenceRow,
  type ReinforcementRow,
} from '@preheat/contracts';
import { type CompiledGrader, itemProblems, requiredItemKeys } from '@preheat/graders';
import { prefixOf, rowPrompt, type Tokenizer, TokenizerError } from '@preheat/tokenizer';
import type { RowProblem } from './row-problem.js';

export interface RowChecks {
  readonly phaseType: PhaseType;
  readonly tokenizer: Tokenizer;
  /** Most tokens of a row, prompt and completion together. */
  readonly contextTokens: number;
  /** Tokens kept free for what a reinforcement phase generates. */
  readonly completionTokens: number;
  /** Key of a row with text that the answers to it begin with, in training; empty: none. */
  readonly prefixKey: string;
  /** Where that key stands in the request. */
  readonly prefixPath: string;
  /** Where demonstrations are cut. */
  readonly maxSequenceLength: number;
  /** The grader of a reinforcement phase, whose templates read the rows. */
  readonly grader: CompiledGrader | null;
  /** Where the file and the grader stand in the request. */
  readonly filePath: string;
  readonly graderPath: string;
}

/** A conversation, and the functions that its prompt lists. */
export interface Chat {
  /** What the answer begins with, where the row says so. */
  readonly prefix?: string | undefined;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[] | undefined;
}

/** Per type of phase, what of a row the model reads, or null when the phase cannot use the row, and what it needs. */
const CHATS: Readonly<
  Record<
    PhaseType,
    { readonly path: string; readonly read: (row: unknown) => Chat[] | null; readonly expected: string }
  >
> = {
  supervised: {
    path: 'messages',
    read: (row) => {
      const { messages, tools } = row as Partial<ReinforcementRow>;
      const isTrained = messages?.some((message) => message.role === 'assistant' && message.weight !== 0);
      return messages && isTrained ? [{ messages, tools: listedTools({ tools }) }] : null;
    },
    expected:
      'has no assistant message with a weight other than 0, and a supervised phase needs an assistant message to learn from',
  },
  preference: {
    path: 'input',
    read: (row) => {
      const { input, preferred_output, non_preferred_output } = row as Partial<PreferenceRow>;
      if (!preferred_output || !non_preferred_output || input?.messages.at(-1)?.role !== 'user') return null;
      const tools = listedTools(input);
      return [preferred_output, non_preferred_output].map((answer) => {
        return { messages: [...input.messages, ...answer], tools };
      });
    },
    expected:
      'is no pair, and a preference phase needs rows with an input that ends with a user message, and two outputs',
  },
  reinforcement: {
    path: 'messages',
    read: (row) => {
      const { messages, tools } = row as Partial<ReinforcementRow>;
      return messages?.at(-1)?.role === 'user' ? [{ messages, tools: listedTools({ tools }) }] : null;
    },
    expected: 'ends with another role, and a reinforcement phase needs rows that end with a user message',
  },
};

/** The conversations of a row, each a sequence by itself. */
export function chatsOf(row: unknown, line: number, checks: RowChecks): Chat[] | RowProblem {
  const { path, read, expected } = CHATS[checks.phaseType];
  const chats = read(row);
  if (!chats) return { line, path, message: expected, code: 'invalid_training_file', param: checks.filePath };
  const prefix = prefixOf(row as object, checks.prefixKey);
  return prefix === undefined ? chats : chats.map((chat) => ({ ...chat, prefix }));
}

/** What the grader of a phase cannot do with a row. */
export function graderProblems(row: ReinforcementRow, line: number, checks: RowChecks): RowProblem[] {
  const { grader, filePath, graderPath } = checks;
  if (!grader) return [];
  const missing = requiredItemKeys(grader).filter((key) => !Object.hasOwn(row, key));
  const absent = missing.map((key): RowProblem => {
    const message = `has no key '${key}', which the grader reads as item.${key}`;
    return { line, path: key, message, code: 'missing_item_key', param: graderPath };
  });
  if (absent.length > 0) return absent;
  return itemProblems(grader, row).map((problem) => {
    const message = `cannot be graded: ${problem.replace(/\.$/, '')}`;
    return { line, path: '', message, code: 'invalid_training_file', param: filePath };
  });
}

/** Tokens of one conversation; of a prompt, nothing is trained. */
export interface SequenceTokens {
  readonly tokens: Int32Array;
  /** At the end of a prompt, what the answer begins with. */
  readonly prefix?: Int32Array | undefined;
  /** 1 where a token carries loss; empty for prompts. */
  readonly trainMask: Uint8Array;
}

export function tokensOf(chats: readonly Chat[], line: number, checks: RowChecks): SequenceTokens[] | RowProblem {
  const { tokenizer, phaseType, prefixKey } = checks;
  const isPrompt = phaseType === 'reinforcement';
  try {
    return chats.map(({ messages, tools, prefix: begun }) => {
      if (!isPrompt) return tokenizer.encodeChat(messages, { tools });
      // Calls in the answers are read by this form.
      if (tools) tokenizer.toolCallForm();
      const { prompt, prefix } = rowPrompt(tokenizer, { [prefixKey]: begun, messages, tools }, prefixKey);
      return { tokens: prompt, prefix, trainMask: new Uint8Array() };
    });
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    const message = `cannot be tokenised: ${error.message.replace(/\.$/, '')}`;
    const path = error.code === 'tools_not_supported' ? 'tools' : 'messages';
    return { line, path, message, code: 'invalid_training_file', param: checks.filePath };
  }
}

/** Whether a conversation is surely short enough without counting: a token covers at least one character of ASCII text. */
export function surelyFits(
  { messages, tools, prefix = '' }: Chat,
  { tokenizer, phaseType, ...checks }: RowChecks,
): boolean {
  // As a turn of its own, a prefix is checked like any other text of the row.
  const begun: ChatMessage[] = prefix === '' ? [] : [{ role: 'assistant', content: prefix }];
  const options = { addGenerationPrompt: phaseType === 'reinforcement' && prefix === '', tools };
  const text = tokenizer.renderChat([...messages, ...begun], options) + prefix;
  return text.length <= checks.contextTokens - checks.completionTokens && /^[\x20-\x7e\s]*$/.test(text);
}

export function lengthProblem(
  sequences: readonly SequenceTokens[],
  line: number,
  checks: RowChecks,
): RowProblem | null {
  const { contextTokens, completionTokens, filePath, prefixKey } = checks;
  const tokens = Math.max(...sequences.map((each) => each.tokens.length));
  const limit = contextTokens - completionTokens;
  if (tokens <= limit) return null;
  const reserved =
    completionTokens > 0
      ? ` (a context of ${contextTokens}, of which ${completionTokens} are kept for the completion)`
      : '';
  const begun = Math.max(...sequences.map(({ prefix }) => prefix?.length ?? 0));
  const prefixed = begun > 0 ? `, ${begun} of them under '${prefixKey}'` : '';
  const message = `has ${tokens} tokens${prefixed}; the limit is ${limit}${reserved}: shorten the row`;
  return { line, path: 'messages', message, code: 'row_too_long', param: filePath };
}
