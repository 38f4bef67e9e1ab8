/** Data sets and tasks with exact answers, and their fixed splits. */
export { ARPABET_PHONEMES } from './arpabet.js';
export type { DataParts, SplitPart } from './data-parts.js';
export { type FirstName, firstNames } from './first-names.js';
export { irises } from './iris.js';
export { type LabelledText, toLabelChatRow, toLabelEvalRow, toLabelRftRow } from './labelled-rows.js';
export { LANGUAGES, languageText, languageWindows } from './languages.js';
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
export { type Mail, spamMail } from './mail.js';
export { wordStem } from './word-stem.js';
