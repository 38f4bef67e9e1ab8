import { expect, it } from 'vitest';
import { formatCount, formatDuration, formatUnixSeconds } from './duration.js';
import { renderTable } from './table.js';

it.each([
  [0, '0ms'],
  [850, '850ms'],
  [4_200, '4.2s'],
  [59_400, '59s'],
  [185_000, '3m 05s'],
  [7_800_000, '2h 10m'],
])('formats %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

it('formats counts and times', () => {
  expect([950, 3_210, 1_400_000].map(formatCount)).toEqual(['950', '3.2k', '1.4M']);
  expect(formatUnixSeconds(0)).toBe('1970-01-01 00:00:00');
});

it('renders a table with aligned columns', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' as const }];
  expect(
    renderTable(columns, [
      ['a', '1'],
      ['long name', '100'],
    ]),
  ).toBe('NAME         N\n---------  ---\na            1\nlong name  100');
});
