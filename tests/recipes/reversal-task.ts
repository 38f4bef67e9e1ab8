/** The task that recipes are tried on: spell a word of three letters backwards. Small enough to learn in seconds. */
import type { DecoderConfig, PhaseType, PreferenceRow } from '@preheat/contracts';
import { CounterRandom } from '@preheat/ports';
import type { AnyRow, TrainingRow } from '@preheat/recipes';
import { characterTokenizer, loadTokenizer } from '@preheat/tokenizer';

const LETTERS = [...'abcde'];
const WORD_LETTERS = 3;

export const tokenizer = loadTokenizer(
  characterTokenizer(
    LETTERS,
    LETTERS.map((letter) => letter.toUpperCase()),
  ),
);

export const modelConfig: DecoderConfig = {
  model_type: 'llama',
  vocab_size: tokenizer.vocabSize,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 16,
  max_position_embeddings: 32,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: tokenizer.specialIds.eos ?? 0,
  pad_token_id: tokenizer.specialIds.pad,
};

/** Scores 1 − the edit distance to the right answer, per symbol. */
export const graderSpec = {
  type: 'phoneme_error_rate',
  name: 'reversal',
  input: '{{sample.output_text}}',
  references: '{{ item.answer }}',
};

/**
 * Chat rows; `answered` rows end with the assistant's turn. Keys that some recipe or grader reads: the answer, an ability by
 * the first letter, a level of length by it too, and the distinct letters as skills.
 */
export function reversalRows(count: number, seed: number, { answered }: { answered: boolean }): TrainingRow[] {
  const random = CounterRandom.fromSeed(seed).fork('reversal rows');
  return Array.from({ length: count }, () => {
    const word = Array.from({ length: WORD_LETTERS }, () => LETTERS[random.int(LETTERS.length)] ?? 'a');
    const answer = word.toReversed().join(' ').toUpperCase();
    const prompt = { role: 'user' as const, content: word.join('') };
    const messages = answered ? [prompt, { role: 'assistant' as const, content: answer }] : [prompt];
    const [ability, length_level] = word[0] === 'a' ? ['early', 'short'] : ['general', 'long'];
    return { messages, answer, ability, length_level, skills: [...new Set(word)] };
  });
}

/** Pairs: the right answer, and one with a letter exchanged. */
export function reversalPairs(count: number, seed: number): PreferenceRow[] {
  const random = CounterRandom.fromSeed(seed).fork('reversal pairs');
  return reversalRows(count, seed, { answered: false }).map(({ messages, answer }) => {
    const symbols = String(answer).split(' ');
    const place = random.int(WORD_LETTERS);
    const others = LETTERS.map((letter) => letter.toUpperCase()).filter((letter) => letter !== symbols[place]);
    const wrong = symbols.with(place, others[random.int(others.length)] ?? 'A').join(' ');
    const said = (content: string) => [{ role: 'assistant' as const, content }];
    return { input: { messages }, preferred_output: said(String(answer)), non_preferred_output: said(wrong) };
  });
}

/** Rows of the task as a phase of this type reads them. */
export function rowsFor(type: PhaseType, count: number, seed: number): AnyRow[] {
  if (type === 'preference') return reversalPairs(count, seed);
  return reversalRows(count, seed, { answered: type === 'supervised' });
}
