import { expect, it } from 'vitest';
import { domainsOf } from './domains.js';

it('counts domains in the order they occur, and rows that name none as one', () => {
  const rows = ['de', 'fr', undefined, 'de'].map((language) => ({ messages: [], ...(language ? { language } : {}) }));
  expect(domainsOf(rows, 'language')).toMatchObject({ sizes: [2, 1, 1], indices: [0, 1, 2, 0] });
  expect(domainsOf(rows, 'domain').sizes).toEqual([4]);
});
