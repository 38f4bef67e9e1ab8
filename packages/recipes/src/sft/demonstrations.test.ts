import { characterTokenizer, letterToSoundTokenizer, loadTokenizer, PRINTABLE_ASCII } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { Demonstrations } from './demonstrations.js';

const tokenizer = loadTokenizer(letterToSoundTokenizer());
const rows = [
  {
    messages: [
      { role: 'user' as const, content: 'cat' },
      { role: 'assistant' as const, content: 'K AE T' },
    ],
  },
  {
    messages: [
      { role: 'user' as const, content: 'no' },
      { role: 'assistant' as const, content: 'N OW', weight: 0 as const },
    ],
  },
];

describe('Demonstrations', () => {
  it('train the answer and its end, not the prompt', () => {
    const { tokens, trainMask } = new Demonstrations(rows, tokenizer, { maxTokens: 64, keep: false }).record(0);
    const trained = tokens.filter((_, t) => trainMask[t] === 1);
    expect(tokenizer.decode(trained)).toBe('K AE T<|end|>');
  });

  it('train every token where a whole text is learned', () => {
    const options = { maxTokens: 64, keep: false, tokens: 'all' } as const;
    const { trainMask } = new Demonstrations(rows, tokenizer, options).record(1);
    expect([...trainMask].every((trained) => trained === 1)).toBe(true);
  });

  it('train nothing of an answer with weight 0', () => {
    const { trainMask } = new Demonstrations(rows, tokenizer, { maxTokens: 64, keep: false }).record(1);
    expect([...trainMask].every((trained) => trained === 0)).toBe(true);
  });

  it('cut rows at the longest sequence', () => {
    const record = new Demonstrations(rows, tokenizer, { maxTokens: 4, keep: false }).record(0);
    expect([record.tokens.length, record.trainMask.length, record.advantageWeight.length]).toEqual([4, 4, 4]);
  });

  it('list the functions of a row, and count calls as text', () => {
    const { tokenizerJson, tokenizerConfig } = characterTokenizer(PRINTABLE_ASCII);
    const chat_template =
      '{%- for tool in tools or [] -%}{{ tool.function.name }}{%- endfor -%}{%- for m in messages -%}{{ m.content }}{%- for c in m.tool_calls or [] -%}{{ c.function.name }}{%- endfor -%}{%- endfor -%}';
    const calling = loadTokenizer({ tokenizerJson, tokenizerConfig: { ...tokenizerConfig, chat_template } });
    const call = { id: 'c', type: 'function' as const, function: { name: 'f', arguments: '{}' } };
    const messages = [
      { role: 'user' as const, content: 'a' },
      { role: 'assistant' as const, content: null, tool_calls: [call] },
    ];
    const tools = [{ type: 'function' as const, function: { name: 'f' } }];
    const demonstrations = new Demonstrations([{ messages, tools }], calling, { maxTokens: 64, keep: false });
    const { tokens, trainMask } = demonstrations.record(0);
    expect([calling.decode(tokens), [...trainMask]]).toEqual(['faf', [0, 0, 1]]);
    expect([...demonstrations.lengths()]).toEqual([4]);
  });

  it('keep tokenised rows only when they will be read again', () => {
    const [kept, fresh] = [
      new Demonstrations(rows, tokenizer, { maxTokens: 64, keep: true }),
      new Demonstrations(rows, tokenizer, { maxTokens: 64, keep: false }),
    ];
    expect(kept.record(0)).toBe(kept.record(0));
    expect(fresh.record(0)).not.toBe(fresh.record(0));
  });

  it('estimate lengths without tokenising', () => {
    expect([...new Demonstrations(rows, tokenizer, { maxTokens: 64, keep: false }).lengths()]).toEqual([9, 6]);
  });
});
