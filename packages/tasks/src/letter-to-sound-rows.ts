/** Letter-to-sound items as lines of the data files that OpenAI's fine-tuning and evals wires take. */
import type { LetterToSoundItem } from './letter-to-sound.js';

export interface LetterToSoundChatRow {
  readonly messages: readonly [
    { readonly role: 'user'; readonly content: string },
    { readonly role: 'assistant'; readonly content: string },
  ];
}

/** A reinforcement row: graders read `item.references` (every right answer), `item.reference` and `item.word`. */
export interface LetterToSoundRftRow {
  readonly messages: readonly [{ readonly role: 'user'; readonly content: string }];
  readonly references: readonly string[];
  readonly reference: string;
  readonly word: string;
}

export interface LetterToSoundEvalRow {
  readonly item: { readonly word: string; readonly references: readonly string[]; readonly reference: string };
}

/** Supervised row: the preferred pronunciation is the answer. */
export function toChatRow(item: LetterToSoundItem): LetterToSoundChatRow {
  return {
    messages: [
      { role: 'user', content: item.word },
      { role: 'assistant', content: preferred(item) },
    ],
  };
}

export function toRftRow(item: LetterToSoundItem): LetterToSoundRftRow {
  return { messages: [{ role: 'user', content: item.word }], ...gradedKeys(item) };
}

export function toEvalRow(item: LetterToSoundItem): LetterToSoundEvalRow {
  return { item: gradedKeys(item) };
}

function gradedKeys(item: LetterToSoundItem) {
  return { references: item.pronunciations, reference: preferred(item), word: item.word };
}

function preferred(item: LetterToSoundItem): string {
  const first = item.pronunciations[0];
  if (first === undefined) throw new Error(`The item ${JSON.stringify(item.word)} has no pronunciation.`);
  return first;
}
