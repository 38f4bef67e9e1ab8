/**
 * Makes src/generated/wordnet-data.ts from the `dict` folder of WordNet 3.0 (on Debian: package wordnet-base, folder
 * /usr/share/wordnet):
 *
 *   node packages/graders/wordnet/make-data.mjs <dict folder>
 *
 * For each part of speech a section of synsets (one line each: its words without spaces; the first line holds all words
 * that stand alone) and a section of irregular forms. Adjectives lose their position markers.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const [dict] = process.argv.slice(2);
if (dict === undefined) {
  console.error('Usage: node packages/graders/wordnet/make-data.mjs <dict folder of WordNet 3.0>');
  process.exit(1);
}
const linesOf = (file) =>
  readFileSync(join(dict, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '));

/** wndb(5WN): offset, file, type, number of words in hexadecimal, then word and lexical id in turns. */
function wordsOfSynset(line) {
  const fields = line.split(' ');
  const count = Number.parseInt(fields[3], 16);
  const words = Array.from({ length: count }, (_, i) => fields[4 + 2 * i].replace(/\(.*\)$/, ''));
  return words.filter((word) => !word.includes('_'));
}

function synsetSection(part) {
  const synsets = linesOf(`data.${part}`)
    .map(wordsOfSynset)
    .filter((words) => words.some((word) => word === word.toLowerCase()));
  const groups = synsets.filter((words) => words.length > 1);
  const grouped = new Set(groups.flat().map((word) => word.toLowerCase()));
  const alone = new Set(synsets.filter((words) => words.length === 1 && !grouped.has(words[0])).flat());
  return [[...alone].sort().join(' '), ...groups.map((words) => words.join(' '))].join('\n');
}

const exceptionSection = (part) =>
  linesOf(`${part}.exc`)
    .filter((line) => !line.includes('_'))
    .join('\n');
const text = ['noun', 'verb', 'adj', 'adv']
  .flatMap((part) => [synsetSection(part), exceptionSection(part)])
  .join('\n\n');
const compressed = brotliCompressSync(text, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
});
const header = `// Made by packages/graders/wordnet/make-data.mjs from WordNet 3.0, Copyright 2006 by Princeton University, all rights
// reserved; its licence is packages/graders/wordnet/LICENSE. Brotli, in base64.`;
const lines = compressed
  .toString('base64')
  .match(/.{1,4000}/g)
  .join('\\\n');
const output = new URL('../src/generated/wordnet-data.ts', import.meta.url);
writeFileSync(output, `${header}\nexport const WORDNET_DATA: string =\n  '${lines}';\n`);
console.log(`${compressed.length} bytes compressed, ${text.length} characters`);
