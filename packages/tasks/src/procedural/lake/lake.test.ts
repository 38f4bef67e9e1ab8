import { describe, expect, it } from 'vitest';
import { reachesGoal, shortestPath, upToSymmetry } from './grid.js';
import { lake4 } from './lake.js';

/**
 * s . . o
 * . o . .
 * . . . g
 * o . . .
 */
const cells = 's..o.o.....go...';

describe('frozen lakes', () => {
  it('have a shortest path round their holes, and none where holes shut the goal off', () => {
    expect(shortestPath(cells, 4)).toBe('rrdrd');
    expect(shortestPath('so..oo.....g....', 4)).toBeNull();
  });

  it('take any path that ends on the goal, and say whether it is a shortest one', () => {
    expect(reachesGoal(cells, 4, 'ddrrr')).toBe(true);
    expect(lake4.verify({ cells }, '#ddrrr').parts).toEqual({ correct: 1, format: 1, shortest: 1 });
    expect(lake4.verify({ cells }, '#lr'.concat('ddrrr')).correct).toBe(false);
    expect(lake4.verify({ cells }, '#dudrdurrr').correct).toBe(false);
    expect(lake4.verify({ cells }, '#dudddu'.concat('rrr')).correct).toBe(false);
    expect(lake4.verify({ cells }, '#dddd').parts).toEqual({ correct: 0, format: 1, shortest: 0 });
    expect(lake4.verify({ cells }, '#rlrrdrd').parts).toEqual({ correct: 1, format: 1, shortest: 0 });
    expect(lake4.verify({ cells }, '#over there').parts['format']).toBe(0);
  });

  it('are one structure with their rotations and reflections, and no other', () => {
    const turned = 'o..so..o'.padEnd(16, '.');
    const rotated = Array.from({ length: 16 }, (_, at) => cells[(3 - (at % 4)) * 4 + Math.floor(at / 4)]).join('');
    const mirrored = Array.from({ length: 16 }, (_, at) => cells[Math.floor(at / 4) * 4 + 3 - (at % 4)]).join('');
    for (const same of [rotated, mirrored]) {
      expect(same).not.toBe(cells);
      expect(upToSymmetry(same, 4)).toBe(upToSymmetry(cells, 4));
    }
    expect(upToSymmetry(turned, 4)).not.toBe(upToSymmetry(cells, 4));
  });
});
