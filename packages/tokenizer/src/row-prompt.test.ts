import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import { PRINTABLE_ASCII } from './letter-to-sound-tokenizer.js';
import { rowPrompt } from './row-prompt.js';
import { loadTokenizer } from './tokenizer.js';

/** Puts a space mark before whatever it is given, and has words with and without one. */
function spacedTokenizer(chatTemplate: string) {
  const words = ['<unk>', '[Q]', '[/Q]', '▁', '▁cat', 'cat', '▁K', 'K', '▁AE', '▁T'];
  const merges = ['▁ c', 'a t', '▁c at', 'c at', '▁ K', 'A E', '▁ AE', '▁ T'].map((pair) => pair.split(' '));
  const pieces = [...new Set([...words, ...merges.flat(), ...merges.map((pair) => pair.join('')), 'c', 'a', 't'])];
  return loadTokenizer({
    tokenizerJson: {
      added_tokens: [1, 2].map((id) => ({
        ...{ id, content: words[id], special: true, normalized: false },
        ...{ single_word: false, lstrip: false, rstrip: false },
      })),
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
      post_processor: null,
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' },
      model: {
        type: 'BPE',
        merges,
        unk_token: '<unk>',
        vocab: Object.fromEntries(pieces.map((text, id) => [text, id])),
      },
    } as never,
    tokenizerConfig: { chat_template: chatTemplate },
  });
}

const template = (gap: string) =>
  `{% for m in messages %}{% if m.role == 'user' %}{{ '[Q]' + m.content + '[/Q]' }}{% else %}{{ '${gap}' + m.content + '[/Q]' }}{% endif %}{% endfor %}`;
const asked = [{ role: 'user' as const, content: 'cat' }];

describe('rowPrompt', () => {
  it.each([
    ['at the end of the prompt', ''],
    ['after a space', ' '],
  ])('begins an answer with the tokens that training on it has, where the template writes it %s', (_, gap) => {
    const tokenizer = spacedTokenizer(template(gap));
    const { prompt, prefix } = rowPrompt(tokenizer, { messages: asked, begun: 'K AE' } as never, 'begun');
    const { tokens } = tokenizer.encodeChat([...asked, { role: 'assistant', content: 'K AE T' }]);
    expect([...prompt]).toEqual([...tokens.slice(0, prompt.length)]);
    expect(tokenizer.decode(prefix ?? []).trim()).toBe('K AE');
    expect([...prompt.slice(-(prefix?.length ?? 0))]).toEqual([...(prefix ?? [])]);
  });

  it('refuses a control token in what the answer begins with, and names the key', () => {
    const tokenizer = loadTokenizer(characterTokenizer(PRINTABLE_ASCII));
    const row = { messages: asked, begun: 'K<|end|>' };
    expect(() => rowPrompt(tokenizer, row, 'begun')).toThrow(/^begun: contains the control token <\|end\|>/);
    expect(rowPrompt(tokenizer, row, '').prefix).toBeUndefined();
  });
});
