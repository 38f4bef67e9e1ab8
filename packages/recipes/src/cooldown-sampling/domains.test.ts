import { expect, it } from 'vitest';
import { domainsOf, smallestOf } from './domains.js';

it('counts domains in the order they occur, and rows that name none as one', () => {
  const rows = ['de', 'fr', undefined, 'de'].map((language) => ({ messages: [], ...(language ? { language } : {}) }));
  expect(domainsOf(rows, 'language')).toMatchObject({ sizes: [2, 1, 1], indices: [0, 1, 2, 0] });
  expect(domainsOf(rows, 'domain').sizes).toEqual([4]);
});

it('finds the smallest domain among as many as there are rows', () => {
  expect(smallestOf([3, 1, 2, 1])).toBe(1);
  const sizes = new Array<number>(300_000).fill(2);
  sizes[200_000] = 1;
  expect(smallestOf(sizes)).toBe(200_000);
});
