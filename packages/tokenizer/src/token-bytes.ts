/**
 * The bytes that one token stands for, by the way its tokenizer spells them. What decodes a token alone may not say: the
 * bytes of half a character decode to U+FFFD, and some decoders drop a space at the beginning.
 */
import { isRecord, type TokenizerFiles } from './tokenizer-files.js';

/** How tokens of the model's own vocabulary are spelt; added tokens are always plain text. */
export type TokenSpelling = 'bytes as letters' | 'spaces as ▁' | 'plain';

const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;
/** The token of a byte, where a vocabulary has them. */
export const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

const SPACE_LETTER = '▁';

export function tokenSpelling({ tokenizerJson }: TokenizerFiles): TokenSpelling {
  const { decoder } = tokenizerJson;
  const steps = isRecord(decoder) && Array.isArray(decoder['decoders']) ? decoder['decoders'] : [decoder];
  const types = steps.map((step) => (isRecord(step) ? step['type'] : undefined));
  if (types.includes('ByteLevel')) return 'bytes as letters';
  return types.includes('ByteFallback') || types.includes('Metaspace') ? 'spaces as ▁' : 'plain';
}

/** @param token as the vocabulary has it. */
export function spelledBytes(token: string, spelling: TokenSpelling): Uint8Array {
  if (spelling === 'bytes as letters') {
    const codes = [...token].map((letter) => BYTE_OF_LETTER.get(letter));
    if (codes.every((code) => code !== undefined)) return Uint8Array.from(codes);
  }
  if (spelling === 'spaces as ▁') {
    const [, hex] = BYTE_TOKEN.exec(token) ?? [];
    if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16));
    return new TextEncoder().encode(token.replaceAll(SPACE_LETTER, ' '));
  }
  return new TextEncoder().encode(token);
}

/** GPT-2's alphabet of bytes: those that print stand for themselves, the others for letters from U+0100 on, in order. */
const BYTE_OF_LETTER: ReadonlyMap<string, number> = (() => {
  const prints = (code: number) =>
    (code >= 0x21 && code <= 0x7e) || (code >= 0xa1 && code <= 0xac) || (code >= 0xae && code <= 0xff);
  let hidden = 0;
  const entries = Array.from({ length: 256 }, (_, code): [string, number] => [
    String.fromCodePoint(prints(code) ? code : 0x100 + hidden++),
    code,
  ]);
  return new Map(entries);
})();
