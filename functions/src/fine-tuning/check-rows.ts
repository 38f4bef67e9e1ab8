/**
 * Reads the rows of a phase before any training: each must have the turns its phase trains on, every `item` key its
 * grader reads, and room in the model. The answer names the first line that does not.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ApiError,
  type ChatMessage,
  type PhaseType,
  type PreferenceRow,
  type ReinforcementRow,
  ROW_EXAMPLES,
  type StoredFile,
} from '@preheat/contracts';
import { type CompiledGrader, itemProblems, requiredItemKeys } from '@preheat/graders';
import { type Tokenizer, TokenizerError } from '@preheat/tokenizer';
import { type JsonlSource, jsonlLines } from '../files/jsonl-lines.js';

export interface RowChecks {
  readonly phaseType: PhaseType;
  readonly tokenizer: Tokenizer;
  /** Most tokens of a row, prompt and completion together. */
  readonly contextTokens: number;
  /** Tokens kept free for what a reinforcement phase generates. */
  readonly completionTokens: number;
  /** The grader of a reinforcement phase, whose templates read the rows. */
  readonly grader: CompiledGrader | null;
  /** Where the file and the grader stand in the request. */
  readonly filePath: string;
  readonly graderPath: string;
}

/** Tokenising many rows takes long: other requests get their turn after this many. */
const ROWS_PER_TURN = 64;

/** @throws ApiError `missing_item_key`, `row_too_long` or `invalid_training_file`. */
export async function checkRows(file: StoredFile, bytes: AsyncIterable<Uint8Array>, checks: RowChecks): Promise<void> {
  const source: JsonlSource = { filename: file.file.filename, example: ROW_EXAMPLES[checks.phaseType] };
  const itemKeys = checks.grader ? requiredItemKeys(checks.grader) : [];
  for await (const line of jsonlLines(bytes, source)) {
    const where = `${file.file.filename} (${file.file.id}), line ${line.number}`;
    const chats = chatsOf(line.value, where, checks);
    checkItem(line.value as ReinforcementRow, where, checks, itemKeys);
    for (const messages of chats) checkLength(messages, where, checks);
    if (line.number % ROWS_PER_TURN === 0) await nextTurn();
  }
}

type Chat = readonly ChatMessage[];

/** Per type of phase, what of a row the model reads, or null when the phase cannot use the row, and what it needs. */
const CHATS: Readonly<
  Record<PhaseType, { readonly read: (row: unknown) => Chat[] | null; readonly expected: string }>
> = {
  supervised: {
    read: (row) => {
      const { messages } = row as Partial<ReinforcementRow>;
      return messages?.some((message) => message.role === 'assistant' && message.weight !== 0) ? [messages] : null;
    },
    expected: 'a supervised phase needs an assistant message to learn from',
  },
  preference: {
    read: (row) => {
      const { input, preferred_output, non_preferred_output } = row as Partial<PreferenceRow>;
      if (!preferred_output || !non_preferred_output || input?.messages.at(-1)?.role !== 'user') return null;
      return [preferred_output, non_preferred_output].map((answer) => [...input.messages, ...answer]);
    },
    expected: 'a preference phase needs rows with an input that ends with a user message, and two outputs',
  },
  reinforcement: {
    read: (row) => {
      const { messages } = row as Partial<ReinforcementRow>;
      return messages?.at(-1)?.role === 'user' ? [messages] : null;
    },
    expected: 'a reinforcement phase needs rows that end with a user message',
  },
};

function chatsOf(row: unknown, where: string, checks: RowChecks): Chat[] {
  const { read, expected } = CHATS[checks.phaseType];
  const chats = read(row);
  if (chats) return chats;
  const message = `${where}: ${expected}. Example: ${ROW_EXAMPLES[checks.phaseType]}`;
  throw new ApiError('invalid_training_file', message, { param: checks.filePath });
}

function checkItem(row: ReinforcementRow, where: string, checks: RowChecks, itemKeys: readonly string[]): void {
  const missing = itemKeys.find((key) => !Object.hasOwn(row, key));
  if (missing !== undefined) {
    const message = `The grader reads item.${missing}, but ${where} has no key '${missing}'.`;
    throw new ApiError('missing_item_key', message, { param: checks.graderPath });
  }
  const [problem] = checks.grader ? itemProblems(checks.grader, row) : [];
  if (problem === undefined) return;
  throw new ApiError('invalid_training_file', `${where} cannot be graded: ${problem}`, { param: checks.filePath });
}

function checkLength(messages: Chat, where: string, checks: RowChecks): void {
  const limit = checks.contextTokens - checks.completionTokens;
  const tokens = countTokens(messages, where, checks, limit);
  if (tokens <= limit) return;
  const reserved =
    checks.completionTokens > 0
      ? ` (a context of ${checks.contextTokens}, of which ${checks.completionTokens} are kept for the completion)`
      : '';
  const message = `${where} has ${tokens} tokens; the limit is ${limit}${reserved}. Shorten the row.`;
  throw new ApiError('row_too_long', message, { param: checks.filePath });
}

/** Exact above the limit; below it the count may be an upper bound, which is much cheaper. */
function countTokens(messages: Chat, where: string, checks: RowChecks, limit: number): number {
  const { tokenizer, phaseType } = checks;
  try {
    const text = tokenizer.renderChat(messages, { addGenerationPrompt: phaseType === 'reinforcement' });
    // A token covers at least one character of ASCII text, which no normaliser expands.
    if (text.length <= limit && /^[\x20-\x7e\s]*$/.test(text)) return text.length;
    const chat =
      phaseType === 'reinforcement' ? tokenizer.encodePrompt(messages) : tokenizer.encodeChat(messages).tokens;
    return chat.length;
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    throw new ApiError('invalid_training_file', `${where}: ${error.message}`, { param: checks.filePath });
  }
}
