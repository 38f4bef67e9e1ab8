/** Compositions of skills on a list of digits, applied in the order written: `LISTFN REVERSE SORT 3124` is `1234`. */
import { OneOf } from '@preheat/contracts';
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { between, shuffled } from '../draws.js';
import { SKILL_NAMES, skillNamed } from './skills.js';

const LENGTHS = { min: 4, max: 6 } as const;

const ListfnData = Type.Object({
  skills: Type.Array(OneOf(SKILL_NAMES), { minItems: 1, maxItems: 4 }),
  digits: Type.Array(Type.Integer({ minimum: 0, maximum: 9 }), { minItems: 1, maxItems: 12 }),
});
type ListfnData = Static<typeof ListfnData>;

export const listfn = defineTask({
  name: 'listfn',
  title: 'Apply a composition of list functions',
  difficulty: { min: 1, max: 4, standard: 2, meaning: 'functions composed' },
  data: ListfnData,

  draw(random, difficulty) {
    const skills = shuffled(random, SKILL_NAMES).slice(0, difficulty);
    const digits = Array.from({ length: between(random, LENGTHS.min, LENGTHS.max) }, () => random.int(10));
    return { skills, digits };
  },

  prompt: ({ skills, digits }) => `LISTFN ${skills.join(' ')} ${digits.join('')}`,
  // The composition; a single skill cannot be held out, so its lists are, up to their order.
  structure: ({ skills, digits }) =>
    skills.length === 1 ? `${skills[0]} ${[...digits].sort((a, b) => a - b).join('')}` : skills.join(' '),
  solution: (data) => textAfter(data).at(-1) ?? '',
  traces: {
    steps: (data) => steps(data).join(' '),
    verbose: (data) =>
      steps(data)
        .map((step) => `${step} CHECK ${step} OK`)
        .join(' '),
  },

  judge(data, answer) {
    if (!/^\d{1,24}$/.test(answer)) return null;
    const right = textAfter(data).at(-1) ?? '';
    return { correct: answer === right, parts: { length_right: Number(answer.length === right.length) } };
  },
  parts: ['length_right'],
});

/** The list after each skill, in digits. */
function textAfter({ skills, digits }: ListfnData): string[] {
  let list: readonly number[] = digits;
  return skills.map((name) => {
    list = skillNamed(name).apply(list);
    return list.join('');
  });
}

const steps = (data: ListfnData): string[] => textAfter(data).map((list, i) => `${data.skills[i]} ${list}`);
