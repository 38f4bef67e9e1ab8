/**
 * One pass over a data file, line by line and never held: every row is checked, tokens are counted, and a few rows are kept
 * for a closer look. Counting is what costs: where it is bounded, it takes rows spread evenly over the file, and the totals
 * are scaled up and say so.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ApiError,
  MAX_REPORTED,
  messageCharacters,
  type PreflightData,
  type ReinforcementRow,
  ROW_EXAMPLES,
  type StoredFile,
} from '@preheat/contracts';
import { jsonlLines } from '../../files/jsonl-lines.js';
import { Conversations } from './conversations.js';
import type { ItemShape } from './item-shape.js';
import {
  type Chat,
  chatsOf,
  graderProblems,
  lengthProblem,
  type RowChecks,
  type SequenceTokens,
  surelyFits,
  tokensOf,
} from './row-checks.js';
import { RowProblems } from './row-problem.js';
import { tokenPreview } from './token-preview.js';
import { TokenStatistics } from './token-statistics.js';

/** A row that was looked at closely. */
export interface SampledRow {
  readonly line: number;
  readonly row: ReinforcementRow;
  /** All that the model is given. */
  readonly tokens: Int32Array;
  /** At their end, what the answer begins with. */
  readonly prefix?: Int32Array | undefined;
}

export interface ExaminedFile {
  readonly data: PreflightData;
  readonly errors: readonly ApiError[];
  readonly samples: readonly SampledRow[];
  /** For the validation file, which is compared with them. */
  readonly conversations: Conversations;
}

export interface ExaminationOptions {
  /** Rows to keep, spread evenly over the file. */
  readonly sampleRows: number;
  /** Conversations of the training file, when this is the validation file. */
  readonly training: Conversations | null;
  /** Told of every row. */
  readonly shape: ItemShape;
  readonly depth: Depth;
}

/** How closely a file is looked at. */
export interface Depth {
  /** Most rows whose tokens are counted; all are checked. */
  readonly countedRows: number;
  readonly previewedRows: number;
}

/** For who waits for a report, and for who waits for a job to be queued. */
export const REPORT_DEPTH: Depth = { countedRows: 100_000, previewedRows: 3 };
export const CREATE_DEPTH: Depth = { countedRows: 2_000, previewedRows: 0 };

/** Tokenising many rows takes long: other requests get their turn after this many. */
const ROWS_PER_TURN = 64;
/** Characters of messages whose tokens are counted: a few seconds. */
const COUNTED_CHARACTERS = 8_000_000;

export async function examineFile(
  file: StoredFile,
  bytes: AsyncIterable<Uint8Array>,
  checks: RowChecks,
  options: ExaminationOptions,
): Promise<ExaminedFile> {
  const examination = new Examination(file, checks, options);
  const source = { filename: file.file.filename, example: ROW_EXAMPLES[checks.phaseType] };
  for await (const { number, value } of jsonlLines(bytes, source)) {
    examination.add(number, value as ReinforcementRow);
    if (number % ROWS_PER_TURN === 0) await nextTurn();
  }
  return examination.finish();
}

type Chats = readonly Chat[];

const messagesOf = (chats: Chats) => chats.flatMap(({ messages }) => messages);

class Examination {
  readonly #file: StoredFile;
  readonly #checks: RowChecks;
  readonly #options: ExaminationOptions;
  readonly #problems: RowProblems;
  readonly #statistics: TokenStatistics;
  readonly #conversations = new Conversations();
  readonly #sampled: ReadonlySet<number>;
  readonly #previewed: ReadonlySet<number>;
  readonly #samples: SampledRow[] = [];
  readonly #preview: PreflightData['preview'] = [];
  readonly #duplicates = new LinePairs();
  readonly #inTraining = new LinePairs();
  readonly #stride: number;
  #rows = 0;
  #characters = 0;
  #prefixedRows = 0;

  constructor(file: StoredFile, checks: RowChecks, options: ExaminationOptions) {
    this.#file = file;
    this.#checks = checks;
    this.#options = options;
    this.#problems = new RowProblems(file, ROW_EXAMPLES[checks.phaseType]);
    this.#statistics = new TokenStatistics(checks.maxSequenceLength);
    this.#sampled = spreadLines(file.lines ?? 0, options.sampleRows);
    this.#previewed = spreadLines(file.lines ?? 0, options.depth.previewedRows);
    this.#stride = Math.max(1, Math.ceil((file.lines ?? 0) / options.depth.countedRows));
  }

  add(line: number, row: ReinforcementRow): void {
    this.#rows++;
    this.#options.shape.add(row);
    const chats = chatsOf(row, line, this.#checks);
    const problems = [...('code' in chats ? [chats] : []), ...graderProblems(row, line, this.#checks)];
    for (const problem of problems) this.#problems.add(problem);
    if ('code' in chats) return;
    if (chats.some(({ prefix }) => prefix !== undefined)) this.#prefixedRows++;
    this.#duplicates.add(line, this.#conversations.add(chats, line));
    this.#inTraining.add(line, this.#options.training?.lineOf(chats), true);
    const counted = this.#count(chats, line);
    if (problems.length === 0 && counted) this.#keep(line, row, counted);
  }

  /** Counts the tokens of a row, or only makes sure that they are few enough. */
  #count(chats: Chats, line: number): SequenceTokens[] | null {
    const isCounted = (this.#rows - 1) % this.#stride === 0 && this.#characters < COUNTED_CHARACTERS;
    if (isCounted) this.#characters += messagesOf(chats).reduce((sum, each) => sum + messageCharacters(each), 0);
    const isWanted = this.#sampled.has(line) || this.#previewed.has(line);
    if (!isCounted && !isWanted && this.#areShort(chats)) return null;
    const found = tokensOf(chats, line, this.#checks);
    if ('code' in found) {
      this.#problems.add(found);
      return null;
    }
    const problem = lengthProblem(found, line, this.#checks);
    if (problem) this.#problems.add(problem);
    if (isCounted) this.#statistics.add(line, found);
    return problem ? null : found;
  }

  #areShort(chats: Chats): boolean {
    try {
      return chats.every((chat) => surelyFits(chat, this.#checks));
    } catch {
      // The template refuses the row: counting says why.
      return false;
    }
  }

  #keep(line: number, row: ReinforcementRow, counted: readonly SequenceTokens[]): void {
    const { tokenizer, maxSequenceLength } = this.#checks;
    const [first] = counted;
    if (this.#sampled.has(line) && first) {
      const { tokens, prefix } = first;
      this.#samples.push({ line, row, tokens, prefix });
    }
    if (!this.#previewed.has(line)) return;
    for (const each of counted) this.#preview.push(tokenPreview(line, each, tokenizer, maxSequenceLength));
  }

  finish(): ExaminedFile {
    const { id, filename } = this.#file.file;
    const data: PreflightData = {
      file: id,
      filename,
      ...this.#statistics.read(this.#rows),
      duplicate_rows: this.#duplicates.count,
      duplicates: this.#duplicates.first,
      rows_in_training: this.#options.training ? this.#inTraining.count : null,
      in_training: this.#inTraining.first,
      problem_count: this.#problems.count,
      problems: this.#problems.reported(),
      preview: this.#preview,
    };
    const conversations = this.#conversations;
    const errors = [...this.#problems.errors(), ...this.#unknownPrefix()];
    return { data, errors, samples: this.#samples, conversations };
  }

  /** A name that is spelt wrong would leave every answer to begin where it begins, without a word. */
  #unknownPrefix(): ApiError[] {
    const { prefixKey, prefixPath } = this.#checks;
    if (prefixKey === '' || this.#rows === 0 || this.#prefixedRows > 0) return [];
    const { filename, id } = this.#file.file;
    const message = `'${prefixPath}' names the key '${prefixKey}', and no row of ${filename} (${id}) has text there for its answer to begin with.`;
    return [new ApiError('invalid_request', message, { param: prefixPath })];
  }
}

/** Lines with the line that has the same; all are counted, the first are kept. */
class LinePairs {
  count = 0;
  readonly first: { line: number; same_as_line: number }[] = [];

  /** @param isOther Whether the line with the same is one of another file. */
  add(line: number, same: number | undefined, isOther = false): void {
    if (same === undefined || (!isOther && same === line)) return;
    this.count++;
    if (this.first.length < MAX_REPORTED) this.first.push({ line, same_as_line: same });
  }
}

/** So many of the lines 1 to `count`, evenly. */
function spreadLines(count: number, wanted: number): ReadonlySet<number> {
  const taken = Math.min(count, wanted);
  return new Set(Array.from({ length: taken }, (_, index) => 1 + Math.floor((index * count) / taken)));
}
