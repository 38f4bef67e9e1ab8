import { characterTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { byteTokenizer } from '../test-kit/byte-tokenizer.js';
import { rowLogProbs, TextOffsets } from '../text-completion/text-log-probs.js';
import { toWireLogProbs } from './log-probs.js';

const tokenizer = byteTokenizer();

const rowOf = (tokens: Int32Array) => {
  const logProbs = new Float32Array(tokens.length).fill(-1);
  return { tokens, logProbs, finishReason: 'length' as const, policyVersion: 0 };
};

describe('log-probabilities of tokens that are parts of characters', () => {
  const row = rowOf(tokenizer.encode('a €é b'));

  it('have bytes that joined are the text', () => {
    const content = toWireLogProbs(row, row.tokens.length, 0, tokenizer)?.content ?? [];
    expect(Buffer.from(content.flatMap(({ bytes }) => bytes ?? [])).toString()).toBe('a €é b');
    expect(content.map(({ token }) => token)).toEqual(['a', ' ', ...new Array<string>(5).fill('\ufffd'), ' ', 'b']);
  });

  it('have offsets into the text, those of a character where it begins', () => {
    const offsets = new TextOffsets(tokenizer, 2);
    const { text_offset, tokens } = rowLogProbs(row, row.tokens.length, 0, { tokenizer, offsets });
    expect(text_offset).toEqual([2, 3, 4, 4, 4, 5, 5, 6, 7]);
    expect(tokens).toHaveLength(9);
  });
});

it('control tokens are told by name, and have no place in the text', () => {
  const plain = loadTokenizer(characterTokenizer(['a', 'b']));
  const end = plain.specialIds.eos as number;
  const row = rowOf(Int32Array.of(plain.tokenToId('a') as number, end, plain.tokenToId('b') as number));
  const content = toWireLogProbs(row, 3, 0, plain)?.content ?? [];
  expect(content[1]).toMatchObject({ token: plain.idToToken(end), bytes: [...Buffer.from(plain.idToToken(end))] });
  const offsets = new TextOffsets(plain, 0);
  expect([...row.tokens].map((id) => offsets.take(id))).toEqual([0, 1, 1]);
});
