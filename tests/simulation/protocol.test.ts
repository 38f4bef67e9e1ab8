/** packages/jobs/PROTOCOL.md names files that exist, every property, and every weakness. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { WEAKNESSES } from './weaknesses.js';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('packages/jobs/PROTOCOL.md', root), 'utf8');

it('names files that exist', () => {
  const named = [...text.matchAll(/`([a-z][A-Za-z0-9/-]*\.ts)`/g)].map((match) => match[1] ?? '');
  const missing = named.filter((path) => {
    const places = path.includes('/') ? [path] : [`packages/jobs/src/${path}`];
    return !places.some((place) => existsSync(new URL(place, root)));
  });
  expect(named.length).toBeGreaterThan(30);
  expect(missing).toEqual([]);
});

it('has a line for every property', () => {
  const files = readdirSync(new URL('tests/simulation/properties/', root)).filter((file) => file !== 'index.ts');
  const cited = [...text.matchAll(/P: ([a-z][a-z ]+)/g)].map((match) => (match[1] ?? '').trim().replaceAll(' ', '-'));
  expect(files.filter((file) => !cited.some((start) => file.startsWith(start)))).toEqual([]);
});

it('has a line for every weakness, and names no other', () => {
  const cited = new Set([...text.matchAll(/W: ([a-z][a-z -]+)/g)].map((match) => (match[1] ?? '').trim()));
  expect([...cited].sort()).toEqual(WEAKNESSES.map(({ what }) => what.split(':')[0] ?? '').sort());
});
