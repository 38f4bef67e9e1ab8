import { describe, expect, it } from 'vitest';
import type { TrainingRow } from '../recipe.js';
import { streamOf } from '../training/random-streams.js';
import { composeStages } from './compose-stages.js';

const row = (content: string, ability?: string): TrainingRow => ({
  messages: [{ role: 'user', content }],
  ...(ability === undefined ? {} : { ability }),
});
const many = (ability: string | undefined, count: number) =>
  Array.from({ length: count }, (_, i) => row(`${ability ?? 'none'} ${i}`, ability));

const rows = [...many('maths', 8), ...many(undefined, 3), ...many('code', 4), ...many('general', 2)];
const names = (stages: TrainingRow[][]) =>
  stages.map((stage) => stage.map(({ messages }) => messages[0]?.content ?? ''));
const compose = (strategy: Parameters<typeof composeStages>[1]['strategy'], fraction = 0.25) =>
  names(composeStages(rows, { strategy, specialised_fraction: fraction }, streamOf(1, 'test')));

describe('composeStages', () => {
  it('mixes everything in one stage', () => {
    expect(compose('multi_task').map((stage) => stage.length)).toEqual([17]);
  });

  it('trains one ability after another, the general one last', () => {
    const stages = compose('sequential');
    expect(stages.map((stage) => stage.length)).toEqual([8, 4, 5]);
    expect(stages[2]?.every((name) => /^(none|general)/.test(name))).toBe(true);
  });

  it('trains what is specialised together first', () => {
    expect(compose('mixed_sequential').map((stage) => stage.length)).toEqual([12, 5]);
  });

  it('adds that fraction of every specialised ability to the general stage, each row once', () => {
    const [first, second = []] = compose('dmt');
    expect(first).toHaveLength(12);
    const again = second.filter((name) => /^(maths|code)/.test(name));
    expect(again.filter((name) => name.startsWith('maths'))).toHaveLength(2);
    expect(again.filter((name) => name.startsWith('code'))).toHaveLength(1);
    expect(new Set(again).size).toBe(3);
    expect(compose('dmt')).toEqual(compose('dmt'));
    expect(compose('dmt', 0)[1]).toEqual(compose('mixed_sequential')[1]);
  });
});
