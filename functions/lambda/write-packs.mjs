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

/**
 * Chunks that ran in the same rehearsals are read together: those of all, or of most, make `start`.
 * @param {Record<string, Record<string, string[]>>} ran The chunks that ran, by store and rehearsal.
 * @returns {Record<string, string[]>} By the name of the pack.
 */
export function chunksTogether(ran) {
  const runs = Object.entries(ran).flatMap(([store, parts]) =>
    Object.entries(parts).map(([part, chunks]) => ({ store, part, chunks: new Set(chunks) })),
  );
  const together = {};
  for (const chunk of new Set(runs.flatMap(({ chunks }) => [...chunks]))) {
    const name = packName(
      runs,
      runs.filter(({ chunks }) => chunks.has(chunk)),
    );
    (together[name] ??= []).push(chunk);
  }
  return together;
}

/** After what its chunks are needed for: a store, rehearsals, or most starts. */
function packName(runs, needed) {
  const namesOf = (key, some) => [...new Set(some.map((run) => run[key]))];
  const parts = namesOf('part', needed);
  const stores = namesOf('store', needed);
  const partCount = namesOf('part', runs).length;
  const isOfMost = parts.length > partCount / 2;
  if (stores.length > 1) return isOfMost ? 'start' : parts.join('-');
  return isOfMost && (partCount > 1 || stores[0] === 'aws') ? stores[0] : parts.join('-');
}

const asMember = (name, code) =>
  `${JSON.stringify(name)}:(function(exports,require,module,__filename,__dirname){${OF_THIS_BUNDLE}${code}\n})`;
