/** One-dimensional ARC: three examples of a hidden rule and a row to apply it to; rows are digits, 0 is the background. */
import { OneOf } from '@preheat/contracts';
import type { CounterRandom } from '@preheat/ports';
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { ARC_RULES, type ArcRule, ROW_CELLS } from './rules.js';

const EXAMPLES = 3;
const Row = Type.String({ pattern: `^\\d{${ROW_CELLS}}$` });

const ArcData = Type.Object({
  rule: OneOf(ARC_RULES.map(({ name }) => name)),
  colour: Type.Integer({ minimum: 1, maximum: 9 }),
  amount: Type.Integer({ minimum: 0, maximum: 9 }),
  examples: Type.Array(Type.Object({ before: Row, after: Row }), { minItems: 1, maxItems: 4 }),
  question: Row,
  answer: Row,
});
type ArcData = Static<typeof ArcData>;

export const arc1d = defineTask({
  name: 'arc1d',
  title: 'Find the rule of three examples and apply it to a row',
  difficulty: { min: 1, max: ARC_RULES.length, standard: ARC_RULES.length, meaning: 'kinds of rules that occur' },
  data: ArcData,

  draw(random, difficulty) {
    const rule = ARC_RULES[random.int(difficulty)] as ArcRule;
    const { colour, amount } = rule.parameters(random);
    if (rule.name === 'RECOLOUR' && colour === amount) return null;
    const rows = Array.from({ length: EXAMPLES + 1 }, () => exampleOf(rule, random, colour, amount));
    const question = rows.at(-1) as (typeof rows)[number];
    const examples = rows.slice(0, EXAMPLES);
    // A question that an example answers asks nothing.
    if (examples.some(({ before }) => before === question.before)) return null;
    return { rule: rule.name, colour, amount, examples, question: question.before, answer: question.after };
  },

  prompt: ({ examples, question }) =>
    `ARC ${examples.map(({ before, after }) => `${before}>${after}`).join(' ')} ${question}>`,
  structure: ({ rule, colour, amount }) => `${rule} ${colour} ${amount}`,
  solution: ({ answer }) => answer,
  traces: { steps: ({ rule, amount }: ArcData) => `${rule} ${amount}` },

  judge({ answer: right }, answer) {
    if (!new RegExp(`^\\d{${ROW_CELLS}}$`).test(answer)) return null;
    const cells = [...answer].filter((cell, at) => cell === right[at]).length;
    return { correct: answer === right, parts: { cells_right: cells / ROW_CELLS } };
  },
  parts: ['cells_right'],
});

function exampleOf(rule: ArcRule, random: CounterRandom, colour: number, amount: number) {
  const [before, after] = rule.example(random, colour, amount);
  return { before: before.join(''), after: after.join('') };
}
