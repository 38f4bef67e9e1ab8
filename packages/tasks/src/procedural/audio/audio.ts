/**
 * Multiple choice about symbolic recordings: `audio a3a3-b7-a2 n a A1 B3 C2 D0` asks how often a is heard. New mixtures of
 * events are what the test holds out.
 */
import { OneOf } from '@preheat/contracts';
import type { Random } from '@preheat/ports';
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { between, pick, shuffled } from '../draws.js';
import { answerTo, asked, caption, CODES, QUESTIONS, reasoning, spectrogram } from './clip.js';

const LABELS = ['A', 'B', 'C', 'D'] as const;
/** Kinds of events in one recording at most. */
const MAX_KINDS = 4;
const MAX_COUNT = 5;

const AudioData = Type.Object({
  events: Type.Array(
    Type.Object({
      code: OneOf(CODES),
      loudness: Type.Integer({ minimum: 1, maximum: 9 }),
      frames: Type.Integer({ minimum: 1, maximum: 3 }),
    }),
    { minItems: 1, maxItems: 12 },
  ),
  question: OneOf(QUESTIONS),
  about: OneOf(CODES),
  options: Type.Array(Type.String({ minLength: 1, maxLength: 2 }), { minItems: 4, maxItems: 4 }),
});
type AudioData = Static<typeof AudioData>;

export const audio = defineTask({
  name: 'audio',
  title: 'A question with four answers about a symbolic recording',
  difficulty: { min: 3, max: 8, standard: 5, meaning: 'events' },
  data: AudioData,

  draw(random, difficulty) {
    const kinds = shuffled(random, CODES).slice(0, between(random, 2, MAX_KINDS));
    const events = Array.from({ length: difficulty }, () => ({
      code: pick(random, kinds),
      loudness: between(random, 1, 9),
      frames: between(random, 1, 3),
    }));
    const question = pick(random, QUESTIONS);
    const about = pick(random, events).code;
    const answer = answerTo(events, question, about);
    if (answer === null || Number(answer) > MAX_COUNT) return null;
    return { events, question, about, options: optionsFor(answer, random) };
  },

  prompt: ({ events, question, about, options }) =>
    `audio ${spectrogram(events)} ${asked(question, about)} ${options.map((option, i) => `${LABELS[i]}${option}`).join(' ')}`,
  structure: ({ events }) => [...new Set(events.map(({ code }) => code))].sort().join(''),
  solution: (data) => labelOf(data, answerOf(data)),

  traces: {
    structured: (data) => {
      const [plan, heard, chain, summary] = thoughtsOf(data);
      return `P ${plan} C ${heard} R ${chain} S ${summary}`;
    },
    // Without the names of the parts and the same in all else, so that a comparison is of the structure alone.
    steps: (data) => thoughtsOf(data).join(' '),
  },

  judge(data, answer) {
    return /^[A-D]$/.test(answer) ? { correct: answer === labelOf(data, answerOf(data)) } : null;
  },
});

/** Plan, caption, reasoning and summary. */
const thoughtsOf = (data: AudioData): [string, string, string, string] => {
  const { events, question, about } = data;
  return [asked(question, about), caption(events), reasoning(events, question, about), answerOf(data)];
};

const answerOf = ({ events, question, about }: AudioData): string => answerTo(events, question, about) ?? '';

const labelOf = ({ options }: AudioData, answer: string): string => LABELS[options.indexOf(answer)] ?? '';

/** The answer among three wrong ones of its kind. */
function optionsFor(answer: string, random: Random): string[] {
  const counts = Array.from({ length: MAX_COUNT + 1 }, (_, count) => String(count));
  const kind: readonly string[] = /\d/.test(answer) ? counts : CODES;
  const wrong = shuffled(
    random,
    kind.filter((option) => option !== answer),
  ).slice(0, LABELS.length - 1);
  return shuffled(random, [answer, ...wrong]);
}
