/**
 * Generated job applications: `screen sql+web 3 cv query font dom bash 5` asks whether a résumé has every skill of the
 * opening, in whatever words, and the years. The answer is a decision, a word that is its evidence, and how well it fits.
 * A rule decides; nothing here says how to treat people.
 */
import type { Random } from '@preheat/ports';
import Type, { type Static } from 'typebox';
import { defineTask, splitOfStructure } from '../define-task.js';
import { between, pick, shuffled } from '../draws.js';
import { isRare, SKILL_WORDS, skillOf } from './skill-words.js';

const NAME = 'screen';
const RESUME_WORDS = 4;
const MAX_YEARS = 9;
const MAX_ASKED_YEARS = 5;
const SHARE_FITTING = 0.3;
/** Of those that do not fit: a skill is missing; of the others the years are. */
const SHARE_UNSKILLED = 0.6;
const NO_EVIDENCE = '-';
const MAX_SCORE = 9;

const Skill = Type.Integer({ minimum: 0, maximum: SKILL_WORDS.length - 1 });
const ScreenData = Type.Object({
  required: Type.Array(Skill, { minItems: 1, maxItems: 3 }),
  asked_years: Type.Integer({ minimum: 1, maximum: MAX_ASKED_YEARS }),
  words: Type.Array(Type.String({ minLength: 1, maxLength: 8 }), { minItems: 1, maxItems: 8 }),
  years: Type.Integer({ minimum: 0, maximum: MAX_YEARS }),
});
type ScreenData = Static<typeof ScreenData>;

export const screen = defineTask({
  name: NAME,
  title: 'Whether a résumé has the skills and years of an opening, with evidence',
  difficulty: { min: 1, max: 3, standard: 2, meaning: 'skills asked for' },
  data: ScreenData,

  draw(random, difficulty) {
    const data = drawn(random, difficulty);
    const isKnown = !data.words.some(isRare) || splitOfStructure(NAME, structure(data)) === 'train';
    return isKnown ? data : null;
  },

  prompt: ({ required, asked_years: asked, words, years }) =>
    `screen ${required.map((skill) => SKILL_WORDS[skill]?.[0]).join('+')} ${asked} cv ${words.join(' ')} ${years}`,
  structure,
  solution: (data) => `${fits(data) ? 'y' : 'n'} ${evidence(data)[0] ?? NO_EVIDENCE} ${scoreOf(data)}`,

  traces: {
    steps: ({ required, asked_years: asked, words, years }) => {
      const found = required.map((skill) => {
        const word = words.find((candidate) => skillOf(candidate) === skill);
        return `${SKILL_WORDS[skill]?.[0]}=${word ?? NO_EVIDENCE}`;
      });
      return `${found.join(' ')} ${years}${years >= asked ? '>=' : '<'}${asked}`;
    },
  },

  judge(data, answer) {
    const [, label, word = '', score] = /^([yn]) (\S{1,8}) (\d)$/.exec(answer) ?? [];
    if (label === undefined) return null;
    const proofs = evidence(data);
    const isProof = proofs.length === 0 ? word === NO_EVIDENCE : proofs.includes(word);
    const calibration = 1 - Math.abs(Number(score) - scoreOf(data)) / MAX_SCORE;
    return { correct: (label === 'y') === fits(data), parts: { evidence: Number(isProof), calibration } };
  },
  parts: ['evidence', 'calibration'],
});

/** The skills asked for, those there are, and whether the years suffice; whatever words say so. */
function structure({ required, words, asked_years: asked, years }: ScreenData): string {
  const sorted = (skills: readonly number[]) => [...skills].sort((a, b) => a - b).join('');
  return `${sorted(required)} ${sorted(words.map(skillOf))} ${years >= asked}`;
}

function drawn(random: Random, difficulty: number): ScreenData {
  const skills = shuffled(random, [...SKILL_WORDS.keys()]);
  const required = skills.slice(0, difficulty);
  const isFitting = random.float() < SHARE_FITTING;
  const isUnskilled = !isFitting && random.float() < SHARE_UNSKILLED;
  const missing = isUnskilled ? between(random, 1, difficulty) : 0;
  // What is not required follows the required ones, so the résumé has all of these but the missing.
  const had = skills.slice(missing, missing + RESUME_WORDS);
  const asked = between(random, 1, MAX_ASKED_YEARS);
  const isYoung = !isFitting && !isUnskilled;
  return {
    required: shuffled(random, required),
    asked_years: asked,
    words: shuffled(random, had).map((skill) => pick(random, SKILL_WORDS[skill] ?? [])),
    years: isYoung ? between(random, 0, asked - 1) : between(random, asked, MAX_YEARS),
  };
}

/** Words of the résumé that prove a required skill, in its order. */
const evidence = ({ required, words }: ScreenData): string[] =>
  words.filter((word) => required.includes(skillOf(word)));

function fits({ required, words, asked_years: asked, years }: ScreenData): boolean {
  const had = new Set(words.map(skillOf));
  return years >= asked && required.every((skill) => had.has(skill));
}

/** Half for the share of the skills, half for that of the years. */
function scoreOf({ required, words, asked_years: asked, years }: ScreenData): number {
  const had = new Set(words.map(skillOf));
  const skilled = required.filter((skill) => had.has(skill)).length / required.length;
  return Math.round((MAX_SCORE * (skilled + Math.min(1, years / asked))) / 2);
}
