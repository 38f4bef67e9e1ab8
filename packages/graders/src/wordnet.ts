/**
 * Synonyms from WordNet 3.0, as NLTK's METEOR asks for them: the single words of every synset that a word, or a form it
 * is inflected from, belongs to. The table (`generated/wordnet-data.ts`, made by `wordnet/make-data.mjs`) keeps words
 * without spaces only, since METEOR compares word by word.
 */
import { brotliDecompressSync } from 'node:zlib';

/** One part of speech: what its words mean, and how its inflected forms lead back to them. */
interface PartOfSpeech {
  /** Synsets by member, in lower case. */
  readonly synsets: ReadonlyMap<string, readonly (readonly string[])[]>;
  readonly exceptions: ReadonlyMap<string, readonly string[]>;
  readonly endings: readonly (readonly [string, string])[];
}

export interface WordNet {
  /** Never holds capitals: proper names do not match words in lower case. */
  synonymsOf(word: string): ReadonlySet<string>;
}

/** Detachment rules, in the order of the table: noun, verb, adjective, adverb. */
const ENDINGS = [
  's> ses>s ves>f xes>x zes>z ches>ch shes>sh men>man ies>y',
  's> ies>y es>e es> ed>e ed> ing>e ing>',
  'er> est> er>e est>e',
  '',
].map((table) =>
  table
    .split(' ')
    .filter(Boolean)
    .map((rule) => rule.split('>') as [string, string]),
);

/** About 10 MB and 100 ms, once; only graders that use METEOR pay for it. */
export async function openWordNet(): Promise<WordNet> {
  opened ??= load();
  return opened;
}
let opened: Promise<WordNet> | undefined;

async function load(): Promise<WordNet> {
  const { WORDNET_DATA } = await import('./generated/wordnet-data.js');
  const text = brotliDecompressSync(Buffer.from(WORDNET_DATA, 'base64')).toString('utf8');
  const sections = text.split('\n\n');
  const parts = ENDINGS.map((endings, i) => partOfSpeech(sections[2 * i] ?? '', sections[2 * i + 1] ?? '', endings));
  return { synonymsOf: (word) => new Set(parts.flatMap((part) => synonyms(part, word))) };
}

function partOfSpeech(synsetLines: string, exceptionLines: string, endings: PartOfSpeech['endings']): PartOfSpeech {
  const synsets = new Map<string, string[][]>();
  const [alone = '', ...groups] = synsetLines.split('\n');
  for (const word of alone.split(' ')) synsets.set(word, [[word]]);
  for (const group of groups) {
    const members = group.split(' ');
    for (const member of new Set(members.map((name) => name.toLowerCase()))) {
      synsets.set(member, [...(synsets.get(member) ?? []), members]);
    }
  }
  const exceptions = exceptionLines.split('\n').map((line): [string, string[]] => {
    const [form = '', ...lemmas] = line.split(' ');
    return [form, lemmas];
  });
  return { synsets, exceptions: new Map(exceptions), endings };
}

function synonyms({ synsets, exceptions, endings }: PartOfSpeech, word: string): string[] {
  const lemmas =
    exceptions.get(word) ??
    endings.flatMap(([old, replacement]) =>
      word.endsWith(old) ? [word.slice(0, word.length - old.length) + replacement] : [],
    );
  return [word, ...lemmas].flatMap((lemma) => (synsets.get(lemma) ?? []).flat());
}
