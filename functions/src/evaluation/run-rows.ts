/** The rows a run is about: from a file with purpose `evals`, given in the request, or stored completions. */
import {
  ApiError,
  decodeStored,
  type EvalRow,
  InvariantError,
  KEYS,
  RecordedRow,
  ROW_EXAMPLES,
  type StoredRun,
} from '@preheat/contracts';
import { byteLines, type ObjectStore } from '@preheat/ports';
import type { FileLibrary } from '../files/file-library.js';
import { jsonlLines } from '../files/jsonl-lines.js';

type Run = Pick<StoredRun, 'id' | 'evalId' | 'projectId' | 'dataSource'>;

/** The rows from index `from` on, in order. */
export async function* runRows(
  { files, store }: { files: FileLibrary; store: ObjectStore },
  run: Run,
  from = 0,
): AsyncGenerator<EvalRow> {
  const { source } = run.dataSource;
  if (source.type === 'file_content') {
    yield* source.content.slice(from);
    return;
  }
  if (source.type !== 'file_id') {
    for await (const line of keptLines(store, run, from)) yield JSON.parse(line.toString()) as EvalRow;
    return;
  }
  let index = 0;
  for await (const { value } of await fileLines(files, run, source.id)) if (index++ >= from) yield value as EvalRow;
}

async function fileLines(files: FileLibrary, { projectId }: Run, id: string) {
  const { file, content } = await files.kept(projectId, id);
  return jsonlLines(content.body, { filename: file.filename, example: ROW_EXAMPLES.evals });
}

/** The lines of what was kept with the run from index `from` on. */
async function* keptLines(store: ObjectStore, { evalId, id }: Pick<Run, 'evalId' | 'id'>, from: number) {
  const key = KEYS.runRows(evalId, id);
  const object = await store.getStream(key);
  if (!object) throw new InvariantError(`the rows of run ${id} are missing: ${key}`);
  let index = 0;
  for await (const line of byteLines(object.body)) if (index++ >= from) yield line;
}

/** The rows of a recorded run from index `from` on, in order. */
export async function* recordedRows(
  store: ObjectStore,
  { evalId, id }: Pick<Run, 'evalId' | 'id'>,
  from: number,
): AsyncGenerator<RecordedRow> {
  const key = KEYS.runRows(evalId, id);
  for await (const line of keptLines(store, { evalId, id }, from)) yield decodeStored(RecordedRow, line, key);
}

/** A write that competes with another is tried so often. */
const MAX_TRIES = 8;

/**
 * Keeps the rows of a run whose source may change. Those that are there stay: whoever repeats the creation of a run may find other
 * rows than it was created with.
 * @returns how many rows the run has.
 */
export async function keepRows(
  store: ObjectStore,
  run: Pick<Run, 'id' | 'evalId'>,
  rows: readonly EvalRow[],
): Promise<number> {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const body = new TextEncoder().encode(text);
  const [key, condition] = [KEYS.runRows(run.evalId, run.id), { kind: 'absent' } as const];
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const written = await store.put(key, body, { condition, contentType: 'application/x-ndjson' });
    if (written.ok) return rows.length;
    if (written.reason === 'conflict') continue;
    let count = 0;
    for await (const _ of keptLines(store, run, 0)) count++;
    return count;
  }
  throw new Error(`gave up writing ${key} after ${MAX_TRIES} conflicts`);
}

/** How many rows a file has. @throws ApiError `invalid_request` or `invalid_file_purpose` with the path of the field. */
export async function countFileRows(files: FileLibrary, projectId: string, id: string): Promise<number> {
  const param = 'data_source.source.id';
  const stored = await files.find(projectId, id);
  if (!stored) throw new ApiError('invalid_request', `'${param}' names no file of this project: ${id}.`, { param });
  if (stored.file.purpose === 'evals' && stored.lines !== null) return stored.lines;
  const message = `${id} was uploaded with purpose '${stored.file.purpose}'. Upload it with purpose 'evals'.`;
  throw new ApiError('invalid_file_purpose', message, { param });
}
