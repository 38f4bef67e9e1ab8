/** What is wrong with rows of a data file, and how a client is told: many at once, each with its line and a right row. */
import { ApiError, type ErrorCode, MAX_REPORTED, type PreflightProblem, type StoredFile } from '@preheat/contracts';

export interface RowProblem {
  readonly line: number;
  readonly code: Extract<ErrorCode, 'invalid_training_file' | 'missing_item_key' | 'row_too_long'>;
  /** Dotted, within the row; empty for the whole row. */
  readonly path: string;
  /** Continues "line 5 ". */
  readonly message: string;
  /** The field of the request at fault. */
  readonly param: string;
}

/** The problems of one file: all are counted, the first are kept. */
export class RowProblems {
  readonly #file: StoredFile;
  readonly #example: string;
  readonly #kept: RowProblem[] = [];
  readonly #counts = new Map<RowProblem['code'], number>();

  /** @param example A right row. */
  constructor(file: StoredFile, example: string) {
    this.#file = file;
    this.#example = example;
  }

  add(problem: RowProblem): void {
    const { code } = problem;
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    // Of every kind some are kept, however many there are of another.
    if (this.#kept.filter((kept) => kept.code === code).length < MAX_REPORTED) this.#kept.push(problem);
  }

  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  reported(): PreflightProblem[] {
    const told = this.#kept.slice(0, MAX_REPORTED);
    return told.map(({ param: _, ...problem }) => ({ ...problem, example: this.#example }));
  }

  /** One error for each kind of problem, in the order of their first lines. */
  errors(): ApiError[] {
    return [...this.#counts].map(([code, count]) => {
      const [first, ...others] = this.#kept.filter((problem) => problem.code === code) as [RowProblem, ...RowProblem[]];
      const { filename, id } = this.#file.file;
      const example = code === 'row_too_long' ? '' : ` Example of a right row: ${this.#example}`;
      const message = `${filename} (${id}), line ${first.line} ${first.message}.${example}${rest(others, count)}`;
      return new ApiError(code, message, { param: first.param });
    });
  }
}

function rest(others: readonly RowProblem[], count: number): string {
  if (others.length === 0) return '';
  const more = count - 1 - others.length;
  const told = others.map(({ line, message }) => `line ${line} ${message}`).join('; ');
  return ` ${count - 1} more: ${told}${more > 0 ? `; and ${more} lines besides` : ''}.`;
}
