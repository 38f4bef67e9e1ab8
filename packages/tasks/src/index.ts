/** Data sets and tasks with exact answers, and their fixed splits. */
export { ARPABET_PHONEMES } from './arpabet.js';
export { type DataParts, intoParts, partOfStructure, type SplitPart } from './data-parts.js';
export {
  type LetterToSound,
  type LetterToSoundItem,
  letterToSound,
  splitPartOf,
} from './letter-to-sound.js';
export {
  type LetterToSoundChatRow,
  type LetterToSoundEvalRow,
  type LetterToSoundRftRow,
  toChatRow,
  toEvalRow,
  toRftRow,
} from './letter-to-sound-rows.js';
export { wordStem } from './word-stem.js';
