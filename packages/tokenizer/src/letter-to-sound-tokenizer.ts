/** The tokenizer of the letter-to-sound models: printable ASCII by character, one token per ARPAbet phoneme. */
import { characterTokenizer } from './character-tokenizer.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** Line feed and U+0020 to U+007E: any short English text can be written, lower-case letters being spellings. */
export const PRINTABLE_ASCII: readonly string[] = [
  '\n',
  ...Array.from({ length: 0x7f - 0x20 }, (_, offset) => String.fromCharCode(0x20 + offset)),
];

/** The 39 phonemes of the CMU Pronouncing Dictionary without stress. Their order fixes token ids: never reorder. */
export const ARPABET: readonly string[] = (
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K ' + 'L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'
).split(' ');

/** Vocabulary of 141 ids: 6 control tokens, 96 characters, 39 phonemes. */
export function letterToSoundTokenizer(): TokenizerFiles {
  return characterTokenizer(PRINTABLE_ASCII, ARPABET);
}
