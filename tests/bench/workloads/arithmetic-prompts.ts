/** Prompts and reward of the GRPO rows, the same as the peer's: a sum to answer, and a little for any digit. */
import type { CompiledGrader } from '@preheat/graders';
import { CounterRandom } from '@preheat/ports';
import type { TrainingRow } from '@preheat/recipes';

const MAX_TERM = 100;
const PER_DIGIT = 0.01;

/** Prompts of exactly `length` characters, one token each. */
export function arithmeticRows(count: number, length: number): TrainingRow[] {
  const random = CounterRandom.fromSeed('bench sums');
  return Array.from({ length: count }, () => {
    const [x, y] = [random.int(MAX_TERM), random.int(MAX_TERM)];
    const content = `${`what is ${x}+${y}?`.padEnd(length - 1).slice(0, length - 1)}=`;
    return { messages: [{ role: 'user' as const, content }], answer: String(x + y) };
  });
}

function reward(output: string, answer: string): number {
  if (output.trim().startsWith(answer)) return 1;
  return PER_DIGIT * [...output].filter((character) => character >= '0' && character <= '9').length;
}

/** A grader whose one scorer is the reward. */
export const arithmeticGrader: CompiledGrader = {
  grader: {
    type: 'string_check',
    name: 'sum',
    input: '{{sample.output_text}}',
    reference: '{{item.answer}}',
    operation: 'like',
  },
  scorers: new Map([
    [
      'sum',
      {
        score: ({ sample, item }) => ({ ok: true, value: reward(sample.output_text ?? '', String(item['answer'])) }),
        checkItem: () => null,
        itemPaths: [],
      },
    ],
  ]),
  combine: null,
};
