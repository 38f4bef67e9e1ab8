import { characterTokenizer, loadTokenizer, PRINTABLE_ASCII, type Tokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import { TINY_CONFIG } from '../oracle/tiny-model.js';
import { literal, repeat } from './byte-grammar.js';
import { modelConstraint, schemaOptions } from './model-constraint.js';

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

it('holds answers to a schema, or to nothing where the model has no token for it', () => {
  const { constraint } = schemaOptions(model, { type: 'boolean' });
  const allowed = [...(constraint?.start.allowed.keys() ?? [])].filter((id) => constraint?.start.allowed[id] === 1);
  expect(allowed.map((id) => tokenizer.decode([id])).sort()).toEqual(['f', 't']);
  const wordless = modelOf(loadTokenizer(characterTokenizer(['x', 'y'])));
  expect(schemaOptions(wordless, { type: 'boolean' })).toEqual({});
});
