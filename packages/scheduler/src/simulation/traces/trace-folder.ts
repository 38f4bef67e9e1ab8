/** Where traces are: real data kept outside the project, in the folder PREHEAT_TRACES, else in ../shared/traces beside it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const BESIDE_THE_PROJECT = fileURLToPath(new URL('../../../../../../shared/traces', import.meta.url));

/** @throws Error when the folder is not there: what is missing and how to name it. */
export function traceFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const folder = environment.PREHEAT_TRACES ?? BESIDE_THE_PROJECT;
  if (existsSync(folder)) return folder;
  throw new Error(
    `no traces in ${folder}: set PREHEAT_TRACES to the folder that holds alibaba-gentd26, philly and others`,
  );
}

export function hasTraces(environment: NodeJS.ProcessEnv = process.env): boolean {
  return existsSync(environment.PREHEAT_TRACES ?? BESIDE_THE_PROJECT);
}

/** Rows of a comma-separated file without quoted fields, by the names in its first line. */
export function readRows(path: string): Record<string, string>[] {
  const bytes = readFileSync(join(traceFolder(), path));
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
  });
}

/** Of a column. @throws Error that names file, line, column and value. */
export function finiteNumber(row: Record<string, string>, column: string, path: string, index: number): number {
  const text = row[column];
  const value = text === undefined || text === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new Error(`${path}, line ${index + 2}: ${column} should be a number, not ${JSON.stringify(text)}`);
}
