import { freshDecoder, type ModelFolder } from '@preheat/checkpoints';
import { characterTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import { describeFolder } from './describe-folder.js';
import { TINY_CONFIG } from './oracle/tiny-model.js';
import { modelBlobs } from './stored-models.js';

const files = characterTokenizer([...'abcdefghi'].slice(0, TINY_CONFIG.vocab_size - 6));

/** A folder whose files come when all that are read at a time were asked for. */
function slowFolder(blobs: ReadonlyMap<string, Uint8Array>): { folder: ModelFolder; most: () => number } {
  let [open, most] = [0, 0];
  const folder: ModelFolder = {
    names: [...blobs.keys()],
    sizeOf: (name) => blobs.get(name)?.byteLength ?? 0,
    open: async function* (name) {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      yield blobs.get(name) as Uint8Array;
    },
  };
  return { folder, most: () => most };
}

it('reads the files of a model side by side: each takes a request to the store', async () => {
  const { folder, most } = slowFolder(modelBlobs(TINY_CONFIG, files, freshDecoder(TINY_CONFIG, 1)));
  const { config, tokenizer } = await describeFolder(folder);
  expect([config.hidden_size, tokenizer.vocabSize]).toEqual([TINY_CONFIG.hidden_size, TINY_CONFIG.vocab_size]);
  expect(most()).toBe(4);
});

it('says what is wrong with the config first, whatever was read first', async () => {
  const blobs = new Map(modelBlobs(TINY_CONFIG, files, freshDecoder(TINY_CONFIG, 1)));
  blobs.set('config.json', new TextEncoder().encode('{}'));
  blobs.set('tokenizer.json', new TextEncoder().encode('no JSON'));
  await expect(describeFolder(slowFolder(blobs).folder)).rejects.toThrow('config.json');
});
