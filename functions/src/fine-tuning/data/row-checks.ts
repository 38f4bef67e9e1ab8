/**
 * What a row needs: the turns its phase trains on, every `item` key its grader reads, and room in the model. Pure; all
 * problems of a row are told.
 */
import type { PhaseType, ReinforcementRow } from '@preheat/contracts';
import { type CompiledGrader, itemProblems, requiredItemKeys } from '@preheat/graders';
import { type Tokenizer, TokenizerError } from '@preheat/tokenizer';
import type { RowProblem } from './row-problem.js';

export interface RowChecks {
  readonly phaseType: PhaseType;
  readonly tokenizer: Tokenizer;
  /** Most tokens of a row, prompt and completion together. */
  readonly contextTokens: number;
  /** Tokens kept free for what a reinforcement phase generates. */
  readonly completionTokens: number;
  /** Where demonstrations are cut. */
  readonly maxSequenceLength: number;
  /** The grader of a reinforcement phase, whose templates read the rows. */
  readonly grader: CompiledGrader | null;
  /** Where the file and the grader stand in the request. */
  readonly filePath: string;
  readonly graderPath: string;
}

/** What of a row does not depend on its tokens. */
export function rowProblems(row: ReinforcementRow, line: number, checks: RowChecks): RowProblem[] {
  return [...turnProblems(row, line, checks), ...graderProblems(row, line, checks)];
}

function turnProblems({ messages }: ReinforcementRow, line: number, checks: RowChecks): RowProblem[] {
  const isSupervised = checks.phaseType === 'supervised';
  const isTrainable = isSupervised
    ? messages.some((message) => message.role === 'assistant' && message.weight !== 0)
    : messages.at(-1)?.role === 'user';
  if (isTrainable) return [];
  const message = isSupervised
    ? 'has no assistant message with a weight other than 0, and a supervised phase needs an assistant message to learn from'
    : 'ends with another role, and a reinforcement phase needs rows that end with a user message';
  const path = isSupervised ? 'messages' : `messages.${messages.length - 1}.role`;
  return [{ line, path, message, code: 'invalid_training_file', param: checks.filePath }];
}

function graderProblems(row: ReinforcementRow, line: number, checks: RowChecks): RowProblem[] {
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

/** A row's own tokens; of a prompt, nothing is trained. */
export interface RowTokens {
  readonly tokens: Int32Array;
  /** 1 where a token carries loss; empty for prompts. */
  readonly trainMask: Uint8Array;
}

export function tokensOf(row: ReinforcementRow, line: number, checks: RowChecks): RowTokens | RowProblem {
  const { tokenizer, phaseType } = checks;
  try {
    if (phaseType === 'supervised') return tokenizer.encodeChat(row.messages);
    return { tokens: tokenizer.encodePrompt(row.messages), trainMask: new Uint8Array() };
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    const message = `cannot be tokenised: ${error.message.replace(/\.$/, '')}`;
    return { line, path: 'messages', message, code: 'invalid_training_file', param: checks.filePath };
  }
}

/** Whether a row is surely short enough without counting: a token covers at least one character of ASCII text. */
export function surelyFits({ messages }: ReinforcementRow, { tokenizer, phaseType, ...checks }: RowChecks): boolean {
  const text = tokenizer.renderChat(messages, { addGenerationPrompt: phaseType === 'reinforcement' });
  return text.length <= checks.contextTokens - checks.completionTokens && /^[\x20-\x7e\s]*$/.test(text);
}

export function lengthProblem(tokens: number, line: number, checks: RowChecks): RowProblem | null {
  const { contextTokens, completionTokens, filePath } = checks;
  const limit = contextTokens - completionTokens;
  if (tokens <= limit) return null;
  const reserved =
    completionTokens > 0
      ? ` (a context of ${contextTokens}, of which ${completionTokens} are kept for the completion)`
      : '';
  const message = `has ${tokens} tokens; the limit is ${limit}${reserved}: shorten the row`;
  return { line, path: 'messages', message, code: 'row_too_long', param: filePath };
}
