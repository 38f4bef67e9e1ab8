/** The rooms of the house as they stand in the repository: every npm workspace, with its manifest. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY_ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Room {
  /** Path from the repository root, for example `packages/jobs`. */
  folder: string;
  name: string;
  description: string;
  /** Source file of each exported subpath. */
  sources: string[];
}

interface Manifest {
  name: string;
  description: string;
  exports: Record<string, { source?: string }>;
}

export function rooms(): Room[] {
  const { workspaces } = readJson<{ workspaces: string[] }>('package.json');
  return workspaces.flatMap(expand).map((folder) => {
    const { name, description, exports } = readJson<Manifest>(`${folder}/package.json`);
    const sources = Object.values(exports).flatMap(({ source }) => (source ? [source] : []));
    return { folder, name, description, sources };
  });
}

/** npm's workspace patterns, as far as we use them: a folder, or every package in a folder. */
function expand(pattern: string): string[] {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  const folders = readdirSync(join(REPOSITORY_ROOT, parent)).sort();
  const isPackage = (folder: string) => existsSync(join(REPOSITORY_ROOT, parent, folder, 'package.json'));
  return folders.filter(isPackage).map((folder) => `${parent}/${folder}`);
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(REPOSITORY_ROOT, path), 'utf8')) as T;
}
