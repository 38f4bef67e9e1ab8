import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import { isTokenizerFile, readFolderTokenizer } from './folder-tokenizer.js';
import { loadTokenizer } from './tokenizer.js';

const { tokenizerJson, tokenizerConfig } = characterTokenizer(['a', 'b']);
const BASE = {
  'tokenizer.json': JSON.stringify(tokenizerJson),
  'tokenizer_config.json': JSON.stringify(tokenizerConfig),
};
const read = (files: Record<string, string>) =>
  readFolderTokenizer(Object.keys(files), async (name) => files[name] ?? '');
const say = (text: string) => `${text}{{ messages[0].content }}`;

async function rendered(files: Record<string, string>, options = {}): Promise<string> {
  return loadTokenizer(await read(files)).renderChat([{ role: 'user', content: 'a' }], options);
}

describe('readFolderTokenizer', () => {
  it('takes chat_template.jinja over the template in the config', async () => {
    expect(await rendered(BASE)).toBe('<|user|>a');
    expect(await rendered({ ...BASE, 'chat_template.jinja': say('own:') })).toBe('own:a');
  });

  it('takes the template for tools when tools are given, from a file or from the config', async () => {
    const files = {
      ...BASE,
      'additional_chat_templates/tool_use.jinja': say('tools:'),
      'chat_template.jinja': say('plain:'),
    };
    expect([await rendered(files), await rendered(files, { tools: [{}] })]).toEqual(['plain:a', 'tools:a']);
    const { 'chat_template.jinja': _, ...withoutMain } = files;
    expect([await rendered(withoutMain), await rendered(withoutMain, { tools: [{}] })]).toEqual([
      '<|user|>a',
      'tools:a',
    ]);
  });

  it('takes special tokens from the older file where the config has none', async () => {
    const files = {
      'tokenizer.json': BASE['tokenizer.json'],
      'special_tokens_map.json': '{"eos_token":{"content":"<|end|>"}}',
    };
    expect(loadTokenizer(await read(files)).specialIds.eos).toBe(2);
  });

  it.each([
    [{ 'vocab.json': '{}' }, 'tokenizer.json is missing. vocab.json alone is not read; write it once: python'],
    [{}, 'tokenizer.json is missing.'],
    [{ ...BASE, 'tokenizer.json': '[]' }, 'tokenizer.json: must be a JSON object'],
    [{ ...BASE, 'tokenizer_config.json': '{' }, 'tokenizer_config.json is not JSON'],
  ])('refuses %j', async (files, message) => {
    await expect(read(files as Record<string, string>)).rejects.toThrow(message);
  });

  it('knows its files', () => {
    expect(Object.keys(BASE).every(isTokenizerFile)).toBe(true);
    expect([isTokenizerFile('additional_chat_templates/x.jinja'), isTokenizerFile('config.json')]).toEqual([
      true,
      false,
    ]);
  });
});

describe('ids', () => {
  it('without a token have no text where the model has spare rows, and are refused beyond them', () => {
    const padded = loadTokenizer(characterTokenizer(['a', 'b']), { modelVocabSize: 64 });
    expect(padded.decode([6, 40, 7])).toBe('ab');
    expect(padded.idToToken(40)).toBe('');
    expect(() => padded.decode([64])).toThrow('Token id 64 at position 0 is not in the vocabulary of 64 ids');
  });

  it('of added tokens that the model has no row for are never made, unless conversations are written with them', () => {
    const rows = loadTokenizer({ tokenizerJson, tokenizerConfig }).vocabSize;
    const image = { id: rows, content: '<img>', special: true, lstrip: false, rstrip: false, normalized: false };
    const added = [...(tokenizerJson['added_tokens'] as object[]), image];
    const load = (config: object) =>
      loadTokenizer(
        {
          tokenizerJson: { ...tokenizerJson, added_tokens: added },
          tokenizerConfig: { ...tokenizerConfig, ...config },
        },
        { modelVocabSize: rows },
      );
    const tokenizer = load({ pad_token: '<img>' });
    expect([tokenizer.vocabSize, tokenizer.specialIds.pad]).toEqual([rows, null]);
    expect(Math.max(...tokenizer.encode('a<img>b'))).toBeLessThan(rows);
    expect(tokenizer.renderChat([{ role: 'user', content: '<img>' }])).toBe('<|user|><img>');
    for (const config of [{ eos_token: '<img>' }, { chat_template: "{{ '<img>' }}" }]) {
      expect(load(config).vocabSize).toBe(rows + 1);
    }
  });

  it('take a lone surrogate for the replacement character', () => {
    const known = loadTokenizer(characterTokenizer(['a', '\ufffd']));
    expect([...known.encode('a\ud800a\udc00')]).toEqual([...known.encode('a\ufffda\ufffd')]);
    expect(known.decode(known.encode('\ud83d'))).toBe('\ufffd');
  });
});
