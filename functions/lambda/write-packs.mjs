/**
 * Writes chunks as packs: files whose chunks are read together, since a file with what a call does not need costs its start.
 * A pack is one function that answers the functions of its chunks, as `require` would wrap them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OF_THIS_BUNDLE } from './build-chunks.mjs';
import { INDEX_FILE } from './load-bundle.mjs';

/**
 * @param {string} folder
 * @param {{ entry: string, chunks: Map<string, string> }} built
 * @param {Record<string, string[]>} together The chunks of each pack, by its name; every other chunk is a pack of its own.
 */
export function writePacks(folder, { entry, chunks }, together) {
  const packOf = {};
  for (const [pack, names] of Object.entries(together)) for (const name of names) packOf[name] = `${pack}.cjs`;
  for (const name of chunks.keys()) packOf[name] ??= name.replace(/\.js$/, '.cjs');
  for (const pack of new Set(Object.values(packOf))) {
    const inside = [...chunks].filter(([name]) => packOf[name] === pack).map(([name, code]) => asMember(name, code));
    writeFileSync(join(folder, pack), `({${inside.join(',\n')}})`);
  }
  writeFileSync(join(folder, INDEX_FILE), JSON.stringify({ entry, packOf }));
}

const asMember = (name, code) =>
  `${JSON.stringify(name)}:(function(exports,require,module,__filename,__dirname){${OF_THIS_BUNDLE}${code}\n})`;
