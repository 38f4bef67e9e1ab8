import { describe, expect, it } from 'vitest';
import type { TrainingRow } from '../recipe.js';
import { streamOf } from '../training/random-streams.js';
import { combinations, mixSkills } from './mix-skills.js';

const row = (skills: string[] | undefined, i: number): TrainingRow => ({
  messages: [{ role: 'user', content: `${skills?.join('')} ${i}` }],
  ...(skills ? { skills } : {}),
});
const rows = [
  ...Array.from({ length: 50 }, (_, i) => row(['A', 'B'], i)),
  ...Array.from({ length: 10 }, (_, i) => row(['C', 'B'], i)),
  ...Array.from({ length: 3 }, (_, i) => row(['A', 'C'], i)),
  ...Array.from({ length: 9 }, (_, i) => row(['A'], i)),
  ...Array.from({ length: 4 }, (_, i) => row(undefined, i)),
];
const mix = (k: number, examples: number) => mixSkills(rows, k, examples, streamOf(1, 'test'));
const countOf = (chosen: TrainingRow[], skill: string, other: string) =>
  chosen.filter(({ skills }) => (skills as string[]).includes(skill) && (skills as string[]).includes(other)).length;

describe('mixSkills', () => {
  it('takes combinations equally often, and gives the share of those that run out to the others', () => {
    const chosen = mix(2, 24);
    expect(chosen).toHaveLength(24);
    expect([countOf(chosen, 'A', 'C'), countOf(chosen, 'B', 'C'), countOf(chosen, 'A', 'B')]).toEqual([3, 10, 11]);
    expect(combinations(chosen)).toBe(3);
    expect(new Set(chosen).size).toBe(24);
  });

  it('takes rows of k skills only, and all of them when more are asked for than there are', () => {
    expect(mix(1, 100)).toHaveLength(9);
    expect(mix(0, 100)).toHaveLength(4);
    expect(mix(3, 100)).toEqual([]);
  });

  it('is the same for the same seed', () => {
    expect(mix(2, 10)).toEqual(mix(2, 10));
  });
});
