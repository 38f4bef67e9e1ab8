/**
 * What every line of an uploaded data file must look like. A fine-tune file may serve a supervised or a reinforcement
 * phase, so only what both need is checked at upload; what a phase needs is checked when a job names the file. Rows of
 * pairs serve preference phases alone, and show it by their keys.
 */
import { ApiError, type ChatMessage, EvalRow, PreferenceRow, ReinforcementRow, ROW_EXAMPLES } from '@preheat/contracts';
import type { TSchema } from 'typebox';
import { explain } from '../validation/explain.js';
import { type JsonlLine, type JsonlSource, jsonlLines, lineError } from './jsonl-lines.js';

interface RowRules {
  readonly schema: TSchema;
  readonly example: string;
  readonly problemOf: (row: unknown) => string | undefined;
}

const PREFERENCE_RULES: RowRules = {
  schema: PreferenceRow,
  example: ROW_EXAMPLES.preference,
  problemOf: (row) => misplacedWeight((row as PreferenceRow).input.messages, 'input.'),
};

const RULES: Readonly<Record<string, RowRules>> = {
  'fine-tune': {
    schema: ReinforcementRow,
    example: ROW_EXAMPLES.supervised,
    problemOf: (row) => misplacedWeight((row as ReinforcementRow).messages),
  },
  evals: { schema: EvalRow, example: ROW_EXAMPLES.evals, problemOf: () => undefined },
};

/** Whether files of this purpose are data files whose lines are checked. */
export const isDataPurpose = (purpose: string): boolean => purpose in RULES;

/**
 * Checks every line and returns their number; null for purposes whose content is opaque.
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
  for await (const line of jsonlLines(bytes, source)) {
    const own = rules.schema === ReinforcementRow && isPair(line.value) ? PREFERENCE_RULES : rules;
    assertRow(line, own, { ...source, example: own.example });
    if (own !== (kind ??= own))
      throw lineError(source, line.number, 'rows with `messages` and rows with `input` cannot share a file');
    rows += 1;
  }
  if (rows === 0) throw lineError(source, 0, 'the file has no rows');
  return rows;
}

/** @throws ApiError `invalid_request` when the name does not say that the file is JSONL. */
export function assertDataFileName(file: { purpose: string; filename: string }): void {
  if (!isDataPurpose(file.purpose) || file.filename.toLowerCase().endsWith('.jsonl')) return;
  const message = `Files with purpose '${file.purpose}' are JSONL and end with .jsonl; this one is named ${file.filename}.`;
  throw new ApiError('invalid_request', message, { param: 'file' });
}

function assertRow(line: JsonlLine, rules: RowRules, source: JsonlSource): void {
  const problem = explain(rules.schema, line.value);
  if (problem) {
    const hint = hintOf(line.value, rules);
    throw lineError(source, line.number, `${problem.path || 'the row'} ${problem.message}${hint}`);
  }
  const detail = rules.problemOf(line.value);
  if (detail !== undefined) throw lineError(source, line.number, detail);
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

function misplacedWeight(messages: readonly ChatMessage[], path = ''): string | undefined {
  const index = messages.findIndex((message) => message.weight !== undefined && message.role !== 'assistant');
  return index < 0 ? undefined : `${path}messages.${index}.weight is allowed on assistant messages only`;
}
