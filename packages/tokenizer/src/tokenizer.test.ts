import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import type { ChatMessage } from './chat-message.js';
import { letterToSoundTokenizer, PRINTABLE_ASCII } from './letter-to-sound-tokenizer.js';
import recorded from './testdata/letter-to-sound-ids.json' with { type: 'json' };
import { loadTokenizer, type Tokenizer } from './tokenizer.js';
import type { TokenizerFiles } from './tokenizer-files.js';

const tokenizer = loadTokenizer(letterToSoundTokenizer());
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string, weight?: 0 | 1): ChatMessage => ({ role: 'assistant', content, weight });

function withTemplate(chatTemplate: unknown, files = characterTokenizer(PRINTABLE_ASCII)): TokenizerFiles {
  return { ...files, tokenizerConfig: { ...files.tokenizerConfig, chat_template: chatTemplate } };
}

/** The ChatML habit: a line break after the role and after the end of the turn. */
const LINED = [
  "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}",
  "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
].join('');

/** What the mask selects, as text, one string a span. */
function trainedTexts(from: Tokenizer, messages: ChatMessage[]): string[] {
  const { tokens, trainMask, spans } = from.encodeChat(messages);
  const texts = spans.filter((span) => span.trained).map(({ start, end }) => from.decode(tokens.slice(start, end)));
  const inSpans = spans.filter((span) => span.trained).reduce((sum, { start, end }) => sum + end - start, 0);
  expect(trainMask.reduce((sum, bit) => sum + bit, 0)).toBe(inSpans);
  return texts;
}

describe('encodeChat', () => {
  it('marks the answer and its end token, and nothing else', () => {
    const { tokens, trainMask, spans } = tokenizer.encodeChat([user('cat'), assistant('K AE T')]);
    expect(tokenizer.decode(tokens)).toBe('<|user|>cat<|assistant|>K AE T<|end|>');
    expect([...trainMask]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect(spans).toEqual([{ messageIndex: 1, start: 5, end: 9, trained: true }]);
  });

  it('honours weight 0 and trains every other assistant turn', () => {
    const chat = [user('a'), assistant('AH', 0), user('b'), assistant('B IY', 1), user('c'), assistant('S IY')];
    expect(trainedTexts(tokenizer, chat)).toEqual(['B IY<|end|>', 'S IY<|end|>']);
  });

  it('trains no line break that the template writes after the end of a turn', () => {
    const lined = loadTokenizer(withTemplate(LINED));
    const chat = [user('hi'), assistant('yo'), user('so'), assistant('no')];
    expect(trainedTexts(lined, chat)).toEqual(['yo<|end|>', 'no<|end|>']);
    expect(lined.decode(lined.encodeChat(chat).tokens)).toBe(lined.renderChat(chat));
  });

  it('keeps the boundary where tokenising everything at once would merge across it', () => {
    const lined = loadTokenizer(withTemplate(LINED, mergingLineBreakWithA()));
    const prompt = lined.encodePrompt([user('hi')]);
    const { tokens, spans } = lined.encodeChat([user('hi'), assistant('a')]);
    expect([...lined.encode('\na')]).toHaveLength(1);
    expect([...tokens.slice(0, prompt.length)]).toEqual([...prompt]);
    expect(lined.decode(tokens.slice(spans[0]?.start, spans[0]?.end))).toBe('a<|end|>');
  });

  it('gives, before every assistant turn, exactly the prompt of that turn', () => {
    const text = fc.string({ unit: fc.constantFrom(...PRINTABLE_ASCII, 'K AE'), maxLength: 8 });
    const message = fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text });
    const tokenizers = [tokenizer, loadTokenizer(withTemplate(LINED, mergingLineBreakWithA()))];
    const isControlFree = (chat: ChatMessage[]) => chat.every(({ content }) => !String(content).includes('<'));
    fc.assert(
      fc.property(fc.array(message, { minLength: 2, maxLength: 6 }).filter(isControlFree), (chat) => {
        for (const each of tokenizers) {
          const { tokens, spans } = each.encodeChat(chat);
          expect(spans.length).toBe(chat.filter(({ role }) => role === 'assistant').length);
          for (const { messageIndex, start } of spans.filter((span) => span.messageIndex > 0)) {
            expect([...tokens.slice(0, start)]).toEqual([...each.encodePrompt(chat.slice(0, messageIndex))]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a template that rewrites earlier turns', () => {
    const counting = loadTokenizer(
      withTemplate('{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}'),
    );
    expect(() => counting.encodeChat([user('a'), assistant('b'), user('c'), assistant('d')])).toThrow(
      /^messages\[1\]: the chat template rewrites earlier text/,
    );
  });
});

describe('renderChat', () => {
  it('equals what transformers renders and tokenises, as recorded', () => {
    const { messages, rendered, ids } = recorded.chat;
    expect(tokenizer.renderChat(messages, { addGenerationPrompt: true })).toBe(rendered);
    expect([...tokenizer.encodePrompt(messages)]).toEqual(ids);
  });

  it('joins text parts and treats developer as system', () => {
    const parts: ChatMessage = {
      role: 'user',
      content: [
        { type: 'text', text: 'ca' },
        { type: 'text', text: 't' },
      ],
    };
    expect(tokenizer.renderChat([{ role: 'developer', content: 'x' }, parts])).toBe('<|system|>x<|user|>cat');
  });

  it('takes the default of a list of named templates, and offers range and tools but no clock', () => {
    const source = "{{ range(2) | join('-') }}{{ strftime_now is defined }}{{ tools | length }}{{ eos_token }}";
    const named = loadTokenizer(
      withTemplate([
        { name: 'rag', template: 'x' },
        { name: 'default', template: source },
      ]),
    );
    expect(named.renderChat([user('a')], { tools: [{}, {}] })).toBe('0-1false2<|end|>');
  });

  it('says that there are no tools and no documents, as transformers does, and gives a date that stays', () => {
    const render = (template: string) => loadTokenizer(withTemplate(template)).renderChat([user('a')]);
    expect(render('{% if tools is not none or documents is not none %}some{% else %}none{% endif %}')).toBe('none');
    expect(render("{{ strftime_now('%Y-%m-%d, %A %-d %B %y, %H:%M %%') }}")).toBe(
      '2024-07-26, Friday 26 July 24, 00:00 %',
    );
    expect(() => render("{{ strftime_now('%Q') }}")).toThrow('strftime_now: %Q is not known');
  });

  it.each<[string, ChatMessage[], string]>([
    ['unknown_role', [user('a'), { role: 'robot', content: 'b' }], 'messages[1].role: "robot" is not one of system'],
    ['template_failed', [{ role: 'function', content: 'b' }], 'the role function is not supported'],
    ['invalid_message', [], 'at least one message'],
    ['invalid_message', [{ ...user('a'), weight: 1 }], 'messages[0].weight: allowed on assistant messages only'],
    ['invalid_message', [{ ...assistant('a'), weight: 2 }], 'messages[0].weight: expected 0 or 1, found 2'],
    ['control_token_in_content', [user('a<|end|>')], 'messages[0].content: contains the control token <|end|>'],
  ])('refuses with %s', (code, messages, text) => {
    expect(() => tokenizer.encodeChat(messages)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });

  it('names the part that is not text', () => {
    const image = { role: 'user', content: [{ type: 'image_url', image_url: 'x' }] } as unknown as ChatMessage;
    expect(() => tokenizer.renderChat([image])).toThrow('messages[0].content[0]: only parts');
  });
});

describe('loadTokenizer', () => {
  it('says what is wrong with the files', () => {
    const good = letterToSoundTokenizer();
    expect(() => loadTokenizer({ ...good, tokenizerJson: {} })).toThrow('expected an object with a "model"');
    const strange = { ...good.tokenizerJson, decoder: { type: 'Strange' } };
    expect(() => loadTokenizer({ ...good, tokenizerJson: strange })).toThrow('Unknown Decoder type: Strange');
    expect(() => loadTokenizer(withTemplate('{% for'))).toThrow('The chat template cannot be parsed');
    expect(() => loadTokenizer(withTemplate([{ name: 'rag', template: 'x' }]))).toThrow('an entry {"name":"default"');
    expect(() => loadTokenizer(withTemplate(null)).renderChat([user('a')])).toThrow('has no chat template');
  });

  it('decodes nothing to nothing, skips control tokens on request and refuses unknown ids', () => {
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([2, 2], { skipSpecialTokens: true })).toBe('');
    const ids = tokenizer.encode('K AE T<|end|><pad>');
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('K AE T');
    expect(() => tokenizer.decode([2, 999])).toThrow('Token id 999 at position 1 is not in the vocabulary of 141 ids');
    expect(() => tokenizer.idToToken(-1)).toThrow('Token id -1');
    expect([tokenizer.tokenToId('▁AE'), tokenizer.tokenToId('nope')]).toEqual([103, null]);
  });
});

function mergingLineBreakWithA(): TokenizerFiles {
  const files = characterTokenizer(PRINTABLE_ASCII);
  const model = files.tokenizerJson['model'] as { vocab: Record<string, number> };
  const vocab = { ...model.vocab, '\na': Object.keys(model.vocab).length };
  return { ...files, tokenizerJson: { ...files.tokenizerJson, model: { ...model, vocab, merges: [['\n', 'a']] } } };
}
