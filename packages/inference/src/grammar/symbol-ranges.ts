/** Sets of code points as ranges that rise and do not touch, and ranges of numbers digit by digit. */

/** Of bytes or of code points; inclusive. */
export type SymbolRange = readonly [from: number, to: number];
export type SymbolSet = readonly SymbolRange[];

/** Every character: all code points but the halves of surrogate pairs, which alone are none. */
export const CHARACTERS: SymbolSet = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** In order and joined, of ranges that may overlap. */
export function united(ranges: readonly SymbolRange[]): SymbolSet {
  const joined: [number, number][] = [];
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** What is in both. */
export function common(one: SymbolSet, other: SymbolSet): SymbolSet {
  return one.flatMap(([from, to]) =>
    other.flatMap(([first, last]): SymbolRange[] => {
      const [low, high] = [Math.max(from, first), Math.min(to, last)];
      return low <= high ? [[low, high]] : [];
    }),
  );
}

/** Characters that are not in the set. */
export function others(set: SymbolSet): SymbolSet {
  const starts = [-1, ...set.map(([, to]) => to)];
  const gaps = starts.map((end, index): SymbolRange => [end + 1, (set[index]?.[0] ?? 0x110000) - 1]);
  return common(
    gaps.filter(([from, to]) => from <= to),
    CHARACTERS,
  );
}

/**
 * The numbers from `low` to `high`, both of the same number of digits, as sequences of a range a digit.
 * @param full The digits there are.
 */
export function digitRanges(low: readonly number[], high: readonly number[], full: SymbolRange): SymbolRange[][] {
  const [first, last] = [low[0], high[0]];
  if (first === undefined || last === undefined) return [[]];
  const [min, max] = full;
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  const [lowest, highest] = [lowRest.map(() => min), lowRest.map(() => max)];
  const led = (range: SymbolRange, from: readonly number[], to: readonly number[]) =>
    digitRanges(from, to, full).map((rest) => [range, ...rest]);
  if (first === last) return led([first, first], lowRest, highRest);
  const [isLowWhole, isHighWhole] = [lowRest.every((digit) => digit === min), highRest.every((digit) => digit === max)];
  const whole: SymbolRange = [isLowWhole ? first : first + 1, isHighWhole ? last : last - 1];
  return [
    ...(isLowWhole ? [] : led([first, first], lowRest, highest)),
    ...(whole[0] <= whole[1] ? [[whole, ...lowRest.map(() => full)]] : []),
    ...(isHighWhole ? [] : led([last, last], lowest, highRest)),
  ];
}
