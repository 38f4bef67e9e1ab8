/** What the rows of a phase say against it, all of them together: nothing left to train, rows cut, rows twice, a leak. */
import { ApiError, type PreflightData } from '@preheat/contracts';
import type { Objections } from '../estimate/objections.js';
import type { ExaminedFile } from './examine-file.js';

export interface ReadPhase {
  readonly training: ExaminedFile;
  readonly validation: ExaminedFile | null;
  readonly requested: { readonly paths: Readonly<Record<'trainingFile' | 'hyperparameters', string>> };
}

export function dataObjections({ training: { data }, validation, requested: { paths } }: ReadPhase): Objections {
  const { filename, untrained_rows: untrained, rows } = data;
  const warnings = [
    ...truncation(data),
    ...(untrained > 0 && untrained < rows ? [untrainedRows(data)] : []),
    ...(data.duplicate_rows > 0 ? [duplicates(data)] : []),
    ...(validation ? leak(validation.data, filename) : []),
  ];
  const isEmpty = rows > 0 && untrained === rows;
  return { refusals: isEmpty ? [nothingTrained(data, paths)] : [], warnings };
}

function nothingTrained(data: PreflightData, paths: ReadPhase['requested']['paths']): ApiError {
  const message =
    `No token of ${data.filename} (${data.file}) is trained once rows are cut to ${data.max_sequence_length} tokens: ` +
    `every answer lies behind. Raise ${paths.hyperparameters}.max_sequence_length to at least ${data.tokens.max}, or shorten the prompts.`;
  return new ApiError('invalid_training_file', message, { param: paths.trainingFile });
}

function truncation({
  filename,
  truncated_rows: cut,
  truncated_tokens: tokens,
  tokens: { max },
  ...data
}: PreflightData): string[] {
  if (cut === 0) return [];
  return [
    `${cut} of ${data.rows} rows of ${filename} are cut to ${data.max_sequence_length} tokens, ${tokens} tokens in all ${inLines(data.truncated_lines)}; max_sequence_length ${max} would cut none.`,
  ];
}

const untrainedRows = ({ filename, untrained_rows: count, untrained_lines: lines }: PreflightData): string =>
  `${count} rows of ${filename} train nothing: their answers are cut off ${inLines(lines)}. Remove them, or raise max_sequence_length.`;

const duplicates = ({ filename, duplicate_rows: count, duplicates: [first] }: PreflightData): string =>
  `${count} rows of ${filename} repeat an earlier conversation${first ? ` (line ${first.line} that of line ${first.same_as_line})` : ''}.`;

function leak({ filename, rows_in_training: count, in_training: [first] }: PreflightData, training: string): string[] {
  if (!count) return [];
  const where = first ? ` (line ${first.line} is line ${first.same_as_line} there)` : '';
  return [
    `${count} rows of ${filename} are in ${training} too${where}: the validation would measure what was learnt by heart. Take them out of one of the files.`,
  ];
}

const inLines = (lines: readonly number[]): string =>
  `(lines ${lines.slice(0, 5).join(', ')}${lines.length > 5 ? ', …' : ''})`;
