/** Frozen lakes that do not slip: a path over the ice from the start to the goal, `lake s..o/.o../...g/o...` → `#drdrr`. */
import Type from 'typebox';
import { defineTask } from '../define-task.js';
import { shuffled } from '../draws.js';
import { reachesGoal, shortestPath, upToSymmetry } from './grid.js';

interface LakeSize {
  readonly size: 4 | 8;
  readonly holes: { readonly min: number; readonly max: number; readonly standard: number };
  /** Moves of the shortest path at least. */
  readonly leastMoves: number;
}

export const lake4 = lake({ size: 4, holes: { min: 2, max: 6, standard: 4 }, leastMoves: 2 });
export const lake8 = lake({ size: 8, holes: { min: 8, max: 24, standard: 16 }, leastMoves: 5 });

function lake({ size, holes, leastMoves }: LakeSize) {
  const cellCount = size * size;
  return defineTask({
    name: `lake${size}`,
    title: `A path over a frozen lake of ${size} by ${size}`,
    difficulty: { ...holes, meaning: 'holes' },
    data: Type.Object({
      cells: Type.String({ pattern: `^(?=[^s]*s[^s]*$)(?=[^g]*g[^g]*$)[.osg]{${cellCount}}$`, maxLength: cellCount }),
    }),

    draw(random, difficulty) {
      const kinds = ['s', 'g', ...new Array<string>(difficulty).fill('o')];
      const cells = shuffled(random, [...kinds, ...new Array<string>(cellCount - kinds.length).fill('.')]).join('');
      const shortest = shortestPath(cells, size);
      return shortest === null || shortest.length < leastMoves ? null : { cells };
    },

    prompt: ({ cells }) => `lake ${cells.match(new RegExp(`.{${size}}`, 'g'))?.join('/')}`,
    structure: ({ cells }) => upToSymmetry(cells, size),
    solution: ({ cells }) => shortestPath(cells, size) ?? '',
    traces: {},

    judge({ cells }, answer) {
      if (!/^[rdlu]{1,128}$/.test(answer)) return null;
      const correct = reachesGoal(cells, size, answer);
      const isShortest = correct && answer.length === shortestPath(cells, size)?.length;
      return { correct, parts: { shortest: Number(isShortest) } };
    },
    parts: ['shortest'],
  });
}
