/** The files that the house rules bind: what we write and ship or run, without generated code, builds and fixtures. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_ROOT, rooms } from './rooms.js';

export interface SourceFile {
  /** Path from the repository root, with forward slashes. */
  path: string;
  text: string;
}

const NOT_OURS = new Set(['node_modules', 'dist', 'dist-lambda', 'generated', 'fixtures', '.sst', '.preheat']);
const CODE = /\.(ts|mts|cts|js|mjs|cjs)$/;

/** Every source file of the rooms, of infra and of tests, and the configuration at the root. */
export function sourceFiles(): SourceFile[] {
  const folders = [...rooms().map(({ folder }) => folder), 'infra', 'tests'];
  const atRoot = readdirSync(REPOSITORY_ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile() && CODE.test(entry.name))
    .map(({ name }) => name);
  return [...atRoot, ...folders.flatMap(walk)].map((path) => ({
    path,
    text: readFileSync(join(REPOSITORY_ROOT, path), 'utf8'),
  }));
}

/** Every folder that contains source files. */
export function sourceFolders(files: SourceFile[]): string[] {
  return [...new Set(files.map(({ path }) => path.split('/').slice(0, -1).join('/')))];
}

function walk(folder: string): string[] {
  return readdirSync(join(REPOSITORY_ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : walk(path);
    return entry.isFile() && CODE.test(entry.name) ? [path] : [];
  });
}
