import { characterTokenizer, loadTokenizer, PRINTABLE_ASCII, type Tokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import { DecoderSession } from '../decoder-session.js';
import { randomTensors, TINY_CONFIG } from '../oracle/tiny-model.js';
import { literal, repeat } from './byte-grammar.js';
import { heldToSchema, modelConstraint } from './model-constraint.js';

const tokenizer = loadTokenizer(characterTokenizer(PRINTABLE_ASCII));
const modelOf = (of: Tokenizer) => ({ tokenizer: of, config: { ...TINY_CONFIG, vocab_size: of.vocabSize } });
const model = modelOf(tokenizer);
const request = { key: 'letters', grammar: () => repeat(literal('a'), 0, 6000) };
const letter = tokenizer.tokenToId('a') as number;

it('is made once for a model and a key, until answers have been at many places', () => {
  const first = modelConstraint(model, request);
  expect(modelConstraint(model, request)).toBe(first);
  let place = first.start;
  for (let count = 0; count < 5000; count++) place = place.next(letter);
  const second = modelConstraint(model, request);
  expect(second).not.toBe(first);
  // Whoever is at one of them goes on.
  expect(place.next(letter).allowed[letter]).toBe(1);
});

/** An answer to a prompt, held to a boolean as far as these characters can write one. */
async function answered(characters: readonly string[]): Promise<string> {
  const of = loadTokenizer(characterTokenizer(characters));
  const { config } = modelOf(of);
  const decoder = await DecoderSession.create(config, randomTensors(config, 1));
  try {
    const tokens = [of.tokenToId(characters[0] as string) as number];
    const [row] = await heldToSchema({ config, tokenizer: of }, { type: 'boolean' }, (held) =>
      decoder.generate([{ tokens, key: 'judge' }], { ...held, maxNewTokens: 8, seed: 1 }),
    );
    return of.decode(row?.tokens ?? [], { skipSpecialTokens: true });
  } finally {
    await decoder.close();
  }
}

it('holds answers to a schema, or to nothing where the model has no token to begin with or to go on', async () => {
  expect(['true', 'false']).toContain(await answered(PRINTABLE_ASCII));
  expect(await answered(['x', 'y'])).not.toBe('');
  // Stops after "tru".
  expect(await answered(['x', 't', 'r', 'u'])).toMatch(/^[xtru]+$/);
});
