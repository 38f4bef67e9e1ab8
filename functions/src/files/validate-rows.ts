/**
 * What every line of an uploaded data file must look like. A fine-tune file may serve a supervised or a reinforcement
 * phase, so only what both need is checked at upload; what a phase needs is checked when a job names the file. Rows of
 * pairs serve preference phases alone, and show it by their keys.
 */
import {
  ApiError,
  type ChatMessage,
  EvalRow,
  MAX_REPORTED,
  PreferenceRow,
  ReinforcementRow,
  ROW_EXAMPLES,
} from '@preheat/contracts';
import type { TSchema } from 'typebox';
import { explain } from '../validation/explain.js';
import { jsonlEntries, type JsonlLine, type JsonlSource, lineError } from './jsonl-lines.js';

interface RowRules {
  readonly schema: TSchema;
  readonly example: string;
  readonly problemOf: (row: unknown) => string | undefined;
}

const PREFERENCE_RULES: RowRules = {
  schema: PreferenceRow,
  example: ROW_EXAMPLES.preference,
  problemOf: (row) => {
    const { input, preferred_output, non_preferred_output } = row as PreferenceRow;
    return (
      messageProblem(input.messages, 'input.messages') ??
      outputProblem(preferred_output, 'preferred_output') ??
      outputProblem(non_preferred_output, 'non_preferred_output')
    );
  },
};

const RULES: Readonly<Record<string, RowRules>> = {
  'fine-tune': {
    schema: ReinforcementRow,
    example: ROW_EXAMPLES.supervised,
    problemOf: (row) => messageProblem((row as ReinforcementRow).messages, 'messages'),
  },
  evals: { schema: EvalRow, example: ROW_EXAMPLES.evals, problemOf: () => undefined },
};

const MIXED = 'rows with `messages` and rows with `input` cannot share a file';

/** Whether files of this purpose are data files whose lines are checked. */
export const isDataPurpose = (purpose: string): boolean => purpose in RULES;

/**
 * Checks every line, tells of many that are wrong at once, and returns their number; null for purposes whose content is opaque.
 * @throws ApiError `invalid_training_file`.
 */
export async function validateRows(
  bytes: AsyncIterable<Uint8Array>,
  file: { purpose: string; filename: string },
): Promise<number | null> {
  const rules = RULES[file.purpose];
  if (!rules) return null;
  const source: JsonlSource = { filename: file.filename, example: rules.example };
  let rows = 0;
  let kind: RowRules | undefined;
  let wrong = 0;
  const told: { line: number; problem: string }[] = [];
  for await (const entry of jsonlEntries(bytes, source)) {
    rows += 1;
    const own = 'value' in entry && rules.schema === ReinforcementRow && isPair(entry.value) ? PREFERENCE_RULES : rules;
    if ('value' in entry) kind ??= own;
    const problem = 'problem' in entry ? entry.problem : own === kind ? problemOf(entry, own) : MIXED;
    if (problem === undefined) continue;
    wrong += 1;
    if (told.length < MAX_REPORTED) told.push({ line: entry.number, problem });
  }
  if (wrong > 0) throw linesError({ ...source, example: (kind ?? rules).example }, told, wrong);
  if (rows === 0) throw lineError(source, 0, 'the file has no rows');
  return rows;
}

/** Many at once: the first as it would be told alone, the others behind it. */
function linesError(source: JsonlSource, told: readonly { line: number; problem: string }[], wrong: number): ApiError {
  const [first, ...others] = told;
  const error = lineError(source, first?.line ?? 0, first?.problem ?? '');
  if (others.length === 0) return error;
  const besides = wrong > told.length ? `; and ${wrong - told.length} lines besides` : '';
  const listed = others.map(({ line, problem }) => `line ${line}: ${problem}`).join('; ');
  return new ApiError(error.code, `${error.message}. ${wrong - 1} more lines are wrong: ${listed}${besides}.`, {
    param: error.param,
  });
}

/** @throws ApiError `invalid_request` when the name does not say that the file is JSONL. */
export function assertDataFileName(file: { purpose: string; filename: string }): void {
  if (!isDataPurpose(file.purpose) || file.filename.toLowerCase().endsWith('.jsonl')) return;
  const message = `Files with purpose '${file.purpose}' are JSONL and end with .jsonl; this one is named ${file.filename}.`;
  throw new ApiError('invalid_request', message, { param: 'file' });
}

function problemOf({ value }: JsonlLine, rules: RowRules): string | undefined {
  const problem = explain(rules.schema, value);
  if (problem) return `${problem.path || 'the row'} ${problem.message}${hintOf(value, rules)}`;
  return rules.problemOf(value);
}

/** A row of the other kind was most likely uploaded with the wrong purpose. */
function hintOf(row: unknown, rules: RowRules): string {
  if (rules.schema === ReinforcementRow && has(row, 'item'))
    return " (rows with `item` are uploaded with purpose 'evals')";
  if (rules.schema === EvalRow && has(row, 'messages'))
    return " (rows with `messages` are uploaded with purpose 'fine-tune')";
  return '';
}

const has = (row: unknown, key: string): boolean => typeof row === 'object' && row !== null && Object.hasOwn(row, key);

/** A row without `messages` that has a part of a pair: the error then names the part that it lacks. */
const isPair = (row: unknown): boolean =>
  !has(row, 'messages') && ['input', 'preferred_output', 'non_preferred_output'].some((key) => has(row, key));

/** What depends on the role of a message. Whose result a tool message is, the tokenizer says. */
function messageProblem(messages: readonly ChatMessage[], path: string): string | undefined {
  for (const [index, { role, content, weight, tool_calls: calls }] of messages.entries()) {
    const at = `${path}.${index}`;
    const isCalling = (calls ?? []).length > 0;
    if (weight !== undefined && role !== 'assistant') return `${at}.weight is allowed on assistant messages only`;
    if (isCalling && role !== 'assistant') return `${at}.tool_calls is allowed on assistant messages only`;
    if (!isCalling && typeof content !== 'string') return `${at}.content is required where there are no tool_calls`;
  }
  return undefined;
}

function outputProblem(messages: readonly ChatMessage[], path: string): string | undefined {
  if (messages.at(-1)?.role !== 'assistant') return `${path} must end with an assistant message`;
  return messageProblem(messages, path);
}
