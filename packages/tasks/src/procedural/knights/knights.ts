/**
 * Knights and Knaves: knights tell the truth, knaves lie; who is what? `KK A:B- B:A=B` is answered `A+B-`. Every puzzle has
 * one solution, found by trying all assignments.
 */
import type { Random } from '@preheat/ports';
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { permutations, pick, shuffled } from '../draws.js';
import { type Assignment, assignments, holds, isConsistent, Statement, written } from './statements.js';

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

const KnightsData = Type.Object({
  letters: Type.Array(Type.String({ pattern: '^[A-Z]$' }), { minItems: 2, maxItems: 3 }),
  /** By speaker. */
  statements: Type.Array(Statement, { minItems: 2, maxItems: 3 }),
});
type KnightsData = Static<typeof KnightsData>;

const knights = (people: 2 | 3) =>
  defineTask({
    name: `kk${people}`,
    title: `Knights and Knaves with ${people} people`,
    difficulty: { min: 2, max: 2 ** people, standard: 2 ** people, meaning: 'assumptions that may have to be tried' },
    data: KnightsData,

    draw(random, difficulty) {
      const letters = shuffled(random, LETTERS).slice(0, people);
      const statements = letters.map(() => drawStatement(random, people));
      const candidates = assignments(people);
      const solutions = candidates.filter((candidate) => isConsistent(statements, candidate));
      const [solution] = solutions;
      const isEarly = solution !== undefined && candidates.indexOf(solution) < difficulty;
      return isEarly && solutions.length === 1 ? { letters, statements } : null;
    },

    prompt: ({ letters, statements }) =>
      `KK ${statements.map((statement, speaker) => `${letters[speaker]}:${written(statement, letters)}`).join(' ')}`,
    structure,
    solution: (data) => kinds(data, solutionOf(data)),
    traces: { assume },

    judge(data, answer) {
      const compact = answer.replaceAll(' ', '');
      if (!/^([A-Z][+-])+$/.test(compact)) return null;
      const claimed = new Map((compact.match(/../g) ?? []).map((pair) => [pair[0], pair[1] === '+']));
      const namesAll = compact.length === 2 * people && data.letters.every((letter) => claimed.has(letter));
      if (!namesAll) return null;
      const solution = solutionOf(data);
      const right = data.letters.filter((letter, person) => claimed.get(letter) === solution[person]).length;
      return { correct: right === people, parts: { people_right: right / people } };
    },
    parts: ['people_right'],
  });

export const kk2 = knights(2);
export const kk3 = knights(3);

function drawStatement(random: Random, people: number): Statement {
  const [first = 0, second = 1] = shuffled(
    random,
    Array.from({ length: people }, (_, person) => person),
  );
  const left = { who: first, isKnight: random.int(2) === 0 };
  const right = { who: second, isKnight: random.int(2) === 0 };
  const form = pick(random, ['is', '&', '|', '=', '!'] as const);
  return { form, left, right };
}

function solutionOf({ letters, statements }: KnightsData): Assignment {
  return assignments(letters.length).find((candidate) => isConsistent(statements, candidate)) ?? [];
}

const kinds = ({ letters }: KnightsData, assignment: Assignment): string =>
  letters.map((letter, person) => letter + (assignment[person] ? '+' : '-')).join('');

/** The statements under the renaming of people that writes them first in the alphabet. */
function structure({ letters, statements }: KnightsData): string {
  const people = letters.map((_, person) => person);
  const forms = permutations(people).map((order) => {
    const names = people.map((person) => String(order.indexOf(person)));
    return order.map((person) => canonical(statements[person] as Statement, names)).join(' ');
  });
  return forms.sort()[0] ?? '';
}

/** Joined claims in either order say the same. */
function canonical(statement: Statement, names: readonly string[]): string {
  const mirrored = { ...statement, left: statement.right, right: statement.left };
  if (statement.form === 'is') return written(statement, names);
  return [written(statement, names), written(mirrored, names)].sort()[0] ?? '';
}

/** Assume, check speaker by speaker, on a contradiction revise. */
function assume(data: KnightsData): string {
  const tried: string[] = [];
  for (const candidate of assignments(data.letters.length)) {
    tried.push(`${tried.length === 0 ? 'ASSUME' : 'REVISE'} ${kinds(data, candidate)}`);
    for (const [speaker, statement] of data.statements.entries()) {
      const isTrue = holds(statement, candidate);
      const fits = isTrue === candidate[speaker];
      tried.push(`CHECK ${data.letters[speaker]}${isTrue ? '+' : '-'} ${fits ? 'OK' : 'NO'}`);
      if (!fits) break;
    }
    if (isConsistent(data.statements, candidate)) break;
  }
  return tried.join(' ');
}
