import { readFolderTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect } from 'vitest';
import { peerTest, runPeer } from './peer-python.js';

interface Recorded {
  readonly files: Record<string, string>;
  readonly cases: readonly { text: string; ids: number[]; decoded: string; spoken: string }[];
  readonly chats: readonly { messages: { role: string; content: string }[]; rendered: string; ids: number[] }[];
}

peerTest('tokenizers of eight families agree with the Rust library, id for id, over difficult text', async () => {
  const families = await runPeer<Record<string, Recorded>>('train_tokenizers.py');
  expect(Object.keys(families)).toHaveLength(8);
  for (const [family, { files, cases, chats }] of Object.entries(families)) {
    const read = await readFolderTokenizer(Object.keys(files), async (name) => files[name] ?? '');
    const tokenizer = loadTokenizer(read);
    expect(cases.length).toBeGreaterThan(80);
    for (const { text, ids, decoded, spoken } of cases) {
      const what = `${family}: ${JSON.stringify(text)}`;
      expect([...tokenizer.encode(text)], what).toEqual(ids);
      expect(tokenizer.decode(ids), what).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true }), what).toBe(spoken);
    }
    for (const { messages, rendered, ids } of chats) {
      expect(tokenizer.renderChat(messages, { addGenerationPrompt: true }), family).toBe(rendered);
      expect([...tokenizer.encodePrompt(messages)], family).toEqual(ids);
    }
  }
});
