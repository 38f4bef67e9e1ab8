/** A build from nothing goes by project references: what a package imports and does not reference may not be built yet. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folders = [...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`), 'functions', 'gpu-runner'];
const folderOf = (workspace: string) => folders.find((folder) => folder.split('/').at(-1) === workspace);

function imported(folder: string): Set<string> {
  const files = readdirSync(join(ROOT, folder, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((name) => name.endsWith('.ts')).map((name) => join(ROOT, folder, 'src', name));
  const names = sources.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*'@preheat\/([a-z-]+)/g)].map(([, name = '']) => name),
  );
  return new Set(names.flatMap((name) => folderOf(name) ?? []).filter((name) => name !== folder));
}

it.each(folders)('%s references every package of the workspace that it imports, its tests included', (folder) => {
  const config = JSON.parse(readFileSync(join(ROOT, folder, 'tsconfig.json'), 'utf8')) as {
    references?: { path: string }[];
  };
  const referenced = (config.references ?? []).map(({ path }) => join(folder, path));
  expect([...imported(folder)].filter((name) => !referenced.includes(name))).toEqual([]);
});
