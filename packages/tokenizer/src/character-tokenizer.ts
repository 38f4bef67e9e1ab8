/**
 * A small tokenizer in Hugging Face's own file format: one token per character, plus one token per multi-letter symbol
 * wherever the symbol stands as a word of its own. `cat` costs three tokens, `K AE T` costs three as well.
 *
 * How symbols stay exact both ways: the normaliser writes a marker before each symbol word (`▁K ▁AE ▁T`) and drops the
 * single space between two symbols (`▁K▁AE▁T`); decoding puts that space back and removes the other markers. Every
 * component used also exists in the Rust and JavaScript libraries, so the files work wherever checkpoints are loaded.
 */
import { COMPACT_CHAT_TEMPLATE, COMPACT_TOKENS } from './compact-chat-template.js';
import { TokenizerError } from './tokenizer-error.js';
import type { TokenizerFiles } from './tokenizer-files.js';

const MARKER = '▁';

/**
 * @param alphabet Distinct single characters, in the order of their ids.
 * @param symbols Distinct words of upper-case letters that cost one token each, for example phonemes.
 * @throws {TokenizerError} `invalid_tokenizer` naming the entry that does not fit.
 */
export function characterTokenizer(alphabet: readonly string[], symbols: readonly string[] = []): TokenizerFiles {
  checkAlphabet(alphabet);
  checkSymbols(symbols);
  const tokens = [...Object.values(COMPACT_TOKENS), ...alphabet, ...symbols.map((symbol) => MARKER + symbol)];
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: Object.values(COMPACT_TOKENS).map(controlToken),
      ...symbolComponents(symbols),
      post_processor: null,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: COMPACT_TOKENS.unknown,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        // A piece that is a vocabulary entry is taken whole; with no merges, every other piece falls into characters.
        ignore_merges: true,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: [],
      },
    },
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      eos_token: COMPACT_TOKENS.end,
      pad_token: COMPACT_TOKENS.padding,
      unk_token: COMPACT_TOKENS.unknown,
      chat_template: COMPACT_CHAT_TEMPLATE,
    },
  };
}

function controlToken(content: string, id: number) {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

function symbolComponents(symbols: readonly string[]) {
  if (symbols.length === 0) return { normalizer: null, pre_tokenizer: null, decoder: { type: 'Fuse' } };
  // Longest first: an alternation takes the first branch that fits, and T must not win over TH.
  const any = [...symbols].sort((a, b) => b.length - a.length).join('|');
  const markedSymbol = symbolLengths(symbols).map((length) => MARKER + '[A-Z]'.repeat(length));
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        replace({ Regex: `(?<!\\S)(?=(?:${any})(?!\\S))` }, MARKER),
        replace({ Regex: `(?<=${markedSymbol.join('|')}) ${MARKER}` }, MARKER),
      ],
    },
    pre_tokenizer: { type: 'Split', pattern: { Regex: `${MARKER}(?:${any})` }, behavior: 'Isolated', invert: false },
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Fuse' }, replace({ Regex: `(?<=[A-Z])${MARKER}` }, ' '), replace({ String: MARKER }, '')],
    },
  };
}

function replace(pattern: { Regex: string } | { String: string }, content: string) {
  return { type: 'Replace', pattern, content };
}

/** Lookbehinds take alternatives of fixed length only, in Oniguruma. */
function symbolLengths(symbols: readonly string[]): number[] {
  return [...new Set(symbols.map((symbol) => symbol.length))].sort((a, b) => a - b);
}

function checkAlphabet(alphabet: readonly string[]): void {
  const seen = new Set<string>();
  alphabet.forEach((character, index) => {
    const at = `alphabet[${index}] ${JSON.stringify(character)}`;
    if ([...character].length !== 1) throw new TokenizerError('invalid_tokenizer', `${at}: expected one character.`);
    if (character === MARKER) throw new TokenizerError('invalid_tokenizer', `${at}: is reserved as the symbol marker.`);
    if (seen.has(character)) throw new TokenizerError('invalid_tokenizer', `${at}: appears twice.`);
    seen.add(character);
  });
}

function checkSymbols(symbols: readonly string[]): void {
  symbols.forEach((symbol, index) => {
    const at = `symbols[${index}] ${JSON.stringify(symbol)}`;
    if (!/^[A-Z]{1,16}$/.test(symbol)) {
      throw new TokenizerError('invalid_tokenizer', `${at}: expected 1 to 16 upper-case letters.`);
    }
    if (symbols.indexOf(symbol) !== index) throw new TokenizerError('invalid_tokenizer', `${at}: appears twice.`);
  });
}
