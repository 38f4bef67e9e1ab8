import { isDeepStrictEqual } from 'node:util';
import { loadTokenizer, readFolderTokenizer, type Tokenizer } from '@preheat/tokenizer';
import { expect } from 'vitest';
import { record } from './comparison.js';
import { peerTest, runPeer } from './peer-python.js';

interface Text {
  readonly text: string;
  readonly ids: number[];
  readonly decoded: string;
  readonly spoken: string;
}

interface Recorded {
  readonly files: Record<string, string>;
  readonly cases: readonly Text[];
  readonly chats: readonly { messages: { role: string; content: string }[]; rendered: string; ids: number[] }[];
}

/** What we make of the text of a case. */
const ours = (tokenizer: Tokenizer, { text, ids }: Text): Text => ({
  text,
  ids: [...tokenizer.encode(text)],
  decoded: tokenizer.decode(ids),
  spoken: tokenizer.decode(ids, { skipSpecialTokens: true }),
});

peerTest(
  'tokenizers of fifteen families agree with the Rust library, id for id, over difficult text',
  async (context) => {
    const families = await runPeer<Record<string, Recorded>>('train_tokenizers.py');
    expect(Object.keys(families)).toHaveLength(15);
    for (const [family, { files, cases, chats }] of Object.entries(families)) {
      const tokenizer = loadTokenizer(await readFolderTokenizer(Object.keys(files), async (name) => files[name] ?? ''));
      expect(cases.length).toBeGreaterThan(80);
      const read = cases.map((each) => ours(tokenizer, each));
      const spoken = chats.map(({ messages }) => ({
        messages,
        rendered: tokenizer.renderChat(messages, { addGenerationPrompt: true }),
        ids: [...tokenizer.encodePrompt(messages)],
      }));
      const [actual, expected] = [
        [...read, ...spoken],
        [...cases, ...chats],
      ];
      record(context, {
        ...{
          check: 'tokenizers and chat templates',
          peers: ['tokenizers', 'transformers'] as const,
          configuration: family,
        },
        ...{
          difference: expected.filter((text, i) => !isDeepStrictEqual(text, actual[i])).length,
          bound: 0,
          unit: 'texts that differ',
        },
      });
      expect(read, family).toEqual(cases);
      expect(spoken, family).toEqual(chats);
    }
  },
);
