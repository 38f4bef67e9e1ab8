/** Three houses, three colours, three pets: `ZEBRA r=c g<b c~d` is answered by both rows, `rgb/cdf`. One street fits the clues. */
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { permutations, pick, shuffled } from '../draws.js';
import { CLUE_PATTERN, CLUES, clueHolds, COLOURS, PETS, STREETS, type Street, streetsThat } from './clues.js';

const MAX_CLUES = 8;

const ZebraData = Type.Object({
  clues: Type.Array(Type.String({ pattern: CLUE_PATTERN }), { minItems: 1, maxItems: MAX_CLUES }),
});
type ZebraData = Static<typeof ZebraData>;

export const zebra3 = defineTask({
  name: 'zebra3',
  title: 'Who lives where: three houses, three colours, three pets',
  difficulty: { min: 3, max: 6, standard: 4, meaning: 'clues' },
  data: ZebraData,

  draw(random, difficulty) {
    const street = pick(random, STREETS);
    const clues: string[] = [];
    let left = STREETS;
    for (const clue of shuffled(random, CLUES)) {
      if (clues.length === difficulty) break;
      if (!clueHolds(clue, street)) continue;
      const fewer = left.filter((candidate) => clueHolds(clue, candidate));
      // A clue that rules nothing out would let a puzzle have fewer real clues than it says.
      if (fewer.length === left.length) continue;
      clues.push(clue);
      left = fewer;
    }
    return clues.length === difficulty && left.length === 1 ? { clues } : null;
  },

  prompt: ({ clues }) => `ZEBRA ${clues.join(' ')}`,
  structure,
  solution: (data) => written(solutionOf(data)),
  traces: {
    steps: ({ clues }) => clues.map((clue, i) => `${clue} ${streetsThat(clues.slice(0, i + 1)).length}`).join(' '),
  },

  judge(data, answer) {
    const [colours = '', pets = '', ...more] = answer.split('/');
    const isRow = (row: string, things: readonly string[]) => [...row].sort().join('') === [...things].sort().join('');
    if (more.length > 0 || !isRow(colours, COLOURS) || !isRow(pets, PETS)) return null;
    const street = [...colours, ...pets];
    const held = data.clues.filter((clue) => clueHolds(clue, street)).length;
    return { correct: held === data.clues.length, parts: { clues_held: held / data.clues.length } };
  },
  parts: ['clues_held'],
});

const solutionOf = ({ clues }: ZebraData): Street => streetsThat(clues)[0] ?? [];
const written = (street: Street): string => `${street.slice(0, 3).join('')}/${street.slice(3).join('')}`;

/** The clues, in any order, under the renaming of colours and pets that writes them first. */
function structure({ clues }: ZebraData): string {
  const forms = permutations(COLOURS).flatMap((colours) =>
    permutations(PETS).map((pets) => {
      const names = new Map([
        ...colours.map((from, i) => [from, COLOURS[i]] as const),
        ...pets.map((from, i) => [from, PETS[i]] as const),
      ]);
      return clues
        .map((clue) => canonical(clue.replace(/[rgbcdf]/g, (thing) => names.get(thing as 'r') ?? thing)))
        .sort()
        .join(' ');
    }),
  );
  return forms.sort()[0] ?? '';
}

/** Together and next door are the same both ways. */
function canonical(clue: string): string {
  const [a = '', relation = '', b = ''] = clue;
  return (relation === '=' || relation === '~') && b < a ? b + relation + a : clue;
}
