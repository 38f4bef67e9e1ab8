/**
 * Parts of a regular expression, with what `^` and `$` say of where they stand: a part that is anchored matches at the start or at the
 * end of a text only, so what stands before or behind it there matches nothing.
 */
import { anyText, empty, type GrammarNode, oneOfAll, repeat, sequence } from './byte-grammar.js';

interface Branch {
  readonly node: GrammarNode;
  readonly isNullable: boolean;
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/** What a part of a pattern matches: one of these, no two of them anchored alike. */
export interface Part {
  readonly branches: readonly Branch[];
  /** Symbols and places without one, repeated ones as often as they are. */
  readonly size: number;
}

const anywhere = { atStart: false, atEnd: false };

export const nothing: Part = { branches: [{ node: empty, isNullable: true, ...anywhere }], size: 1 };
export const start: Part = { branches: [{ node: empty, isNullable: true, atStart: true, atEnd: false }], size: 1 };
export const end: Part = { branches: [{ node: empty, isNullable: true, atStart: false, atEnd: true }], size: 1 };

export const single = (node: GrammarNode): Part => ({ branches: [{ node, isNullable: false, ...anywhere }], size: 1 });

export const isAnchored = ({ branches }: Part): boolean => branches.some(({ atStart, atEnd }) => atStart || atEnd);

export function either(parts: readonly Part[]): Part {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return { branches: merged(parts.flatMap(({ branches }) => branches)), size };
}

export function followed(before: Part, after: Part): Part {
  const branches = before.branches.flatMap((left) => after.branches.flatMap((right) => joined(left, right)));
  return { branches: merged(branches), size: before.size + after.size };
}

/** Of a part that is anchored, none or one: it stands in one place. */
export function repeated(part: Part, min: number, max: number): Part {
  if (max === 0) return nothing;
  if (isAnchored(part)) return min > 0 ? part : either([part, nothing]);
  const branches = part.branches.map(({ node, isNullable }) => ({
    node: repeat(node, min, max),
    isNullable: isNullable || min === 0,
    ...anywhere,
  }));
  return { branches, size: part.size * Math.max(1, max === Number.POSITIVE_INFINITY ? min : max) };
}

/** Texts in which the part is found, as a search finds it. */
export function found({ branches }: Part): GrammarNode {
  return oneOfAll(
    branches.map(({ node, atStart, atEnd }) => sequence(atStart ? empty : anyText, node, atEnd ? empty : anyText)),
  );
}

function joined(left: Branch, right: Branch): Branch[] {
  if ((left.atEnd && !right.isNullable) || (right.atStart && !left.isNullable)) return [];
  const nodes = [right.atStart ? empty : left.node, left.atEnd ? empty : right.node];
  return [
    {
      node: sequence(...nodes),
      isNullable: left.isNullable && right.isNullable,
      atStart: left.atStart || right.atStart,
      atEnd: left.atEnd || right.atEnd,
    },
  ];
}

function merged(branches: readonly Branch[]): Branch[] {
  const groups = new Map<string, Branch[]>();
  for (const branch of branches) {
    const key = `${branch.atStart} ${branch.atEnd}`;
    groups.set(key, [...(groups.get(key) ?? []), branch]);
  }
  return [...groups.values()].map((group) => ({
    ...(group[0] as Branch),
    node: oneOfAll(group.map(({ node }) => node)),
    isNullable: group.some(({ isNullable }) => isNullable),
  }));
}
