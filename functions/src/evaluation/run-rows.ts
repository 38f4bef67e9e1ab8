/** The rows a run is about: from a file with purpose `evals`, or given in the request. */
import { ApiError, type EvalRow, ROW_EXAMPLES, type RunDataSource } from '@preheat/contracts';
import type { FileLibrary } from '../files/file-library.js';
import { jsonlLines } from '../files/jsonl-lines.js';

/** The rows from index `from` on, in order. */
export async function* runRows(
  files: FileLibrary,
  projectId: string,
  source: RunDataSource['source'],
  from = 0,
): AsyncGenerator<EvalRow> {
  if (source.type === 'file_content') {
    yield* source.content.slice(from);
    return;
  }
  const { file } = await files.get(projectId, source.id);
  const content = await files.content(projectId, source.id);
  let index = 0;
  for await (const { value } of jsonlLines(content.body, { filename: file.filename, example: ROW_EXAMPLES.evals })) {
    if (index++ >= from) yield value as EvalRow;
  }
}

/** How many rows there are. @throws ApiError `invalid_request` or `invalid_file_purpose` with the path of the field. */
export async function countRows(
  files: FileLibrary,
  projectId: string,
  source: RunDataSource['source'],
): Promise<number> {
  if (source.type === 'file_content') return source.content.length;
  const param = 'data_source.source.id';
  const stored = await files.find(projectId, source.id);
  if (!stored)
    throw new ApiError('invalid_request', `'${param}' names no file of this project: ${source.id}.`, { param });
  if (stored.file.purpose === 'evals' && stored.lines !== null) return stored.lines;
  const message = `${source.id} was uploaded with purpose '${stored.file.purpose}'. Upload it with purpose 'evals'.`;
  throw new ApiError('invalid_file_purpose', message, { param });
}
