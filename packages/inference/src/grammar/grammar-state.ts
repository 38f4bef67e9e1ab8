/**
 * Where a text stands in a grammar. A state is the set of stacks that the symbols so far may have left; equal states are one
 * object, so what was computed for a state (its transitions, the tokens that may follow) is computed once.
 */
import { type AutomatonState, AutomatonWork } from './automaton.js';
import { anyText, type GrammarNode } from './byte-grammar.js';
import type { SymbolRange } from './symbol-ranges.js';

/** What is still to be matched: a node, and then the rest. */
interface Stack {
  readonly id: number;
  readonly node: GrammarNode;
  readonly rest: Stack | null;
}

export interface Move {
  readonly from: number;
  readonly to: number;
  readonly next: GrammarState;
}

export class GrammarState implements AutomatonState {
  /** Whether the text may end here. */
  readonly isAccepting: boolean;
  readonly #heads: readonly Stack[];
  readonly #grammar: Grammar;
  readonly #next = new Map<number, GrammarState | null>();
  #moves: readonly Move[] | null = null;

  constructor(grammar: Grammar, heads: readonly Stack[], isAccepting: boolean) {
    this.#grammar = grammar;
    this.#heads = heads;
    this.isAccepting = isAccepting;
  }

  /** Where symbols lead from here: ranges of them, in order. */
  get moves(): readonly Move[] {
    return this.movesWithin(new AutomatonWork(Number.POSITIVE_INFINITY)) ?? [];
  }

  movesWithin(work: AutomatonWork): readonly Move[] | null {
    this.#moves ??= this.#movesFromHere(work);
    return this.#moves;
  }

  /** Null where the grammar allows no such symbol. */
  step(symbol: number): GrammarState | null {
    let next = this.#next.get(symbol);
    if (next === undefined) {
      const matching = this.#heads.filter(({ node }) => node.kind === 'symbol' && includes(node.ranges, symbol));
      next = matching.length === 0 ? null : this.#grammar.after(matching.map(({ rest }) => rest));
      this.#next.set(symbol, next);
    }
    return next;
  }

  /** The heads at a symbol are those whose range began at or before it and has not ended. */
  #movesFromHere(work: AutomatonWork): Move[] | null {
    const count = this.#heads.reduce((sum, { node }) => sum + rangesOf(node).length, 0);
    if (!work.spend(count + this.#grammar.takeLookedAt())) return null;
    const ranges = this.#heads.flatMap(({ node, rest }) =>
      rangesOf(node).map(([from, to]): Range => ({ from, to, rest })),
    );
    ranges.sort((a, b) => a.from - b.from);
    // Between two of them all symbols lead to the same state.
    const bounds = [...new Set(ranges.flatMap(({ from, to }) => [from, to + 1]))].sort((a, b) => a - b);
    const moves: Move[] = [];
    let [open, begun]: [Range[], number] = [[], 0];
    for (const [index, from] of bounds.slice(0, -1).entries()) {
      open = open.filter(({ to }) => to >= from);
      while ((ranges[begun]?.from ?? Number.POSITIVE_INFINITY) <= from) open.push(ranges[begun++] as Range);
      if (open.length === 0) continue;
      const next = this.#grammar.after(open.map(({ rest }) => rest));
      if (!work.spend(open.length + this.#grammar.takeLookedAt())) return null;
      moves.push({ from, to: (bounds[index + 1] as number) - 1, next });
    }
    return moves;
  }

  /** The state after several bytes. */
  walk(bytes: Uint8Array): GrammarState | null {
    let state: GrammarState | null = this;
    for (const byte of bytes) state = state && state.step(byte);
    return state;
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly rest: Stack | null;
}

const rangesOf = (node: GrammarNode): readonly SymbolRange[] => (node.kind === 'symbol' ? node.ranges : []);

const includes = (ranges: readonly SymbolRange[], symbol: number): boolean =>
  ranges.some(([from, to]) => symbol >= from && symbol <= to);

export class Grammar {
  readonly start: GrammarState;
  readonly #stacks = new Map<GrammarNode, Map<Stack | null, Stack>>();
  readonly #repeats = new Map<GrammarNode, Map<string, GrammarNode>>();
  readonly #states = new Map<string, GrammarState>();
  #stackCount = 0;
  #lookedAt = 0;

  constructor(root: GrammarNode) {
    this.start = this.after([this.#push(root, null)]);
  }

  /** Stacks that were looked at since this was last asked. */
  takeLookedAt(): number {
    const count = this.#lookedAt;
    this.#lookedAt = 0;
    return count;
  }

  /** The state in which any of these stacks is left to be matched; null is a text that is complete. */
  after(stacks: readonly (Stack | null)[]): GrammarState {
    const heads = new Set<Stack>();
    const seen = new Set<Stack>();
    let [isAccepting, isAnyText] = [false, false];
    // A list of what is to be looked at, not recursion: an object of thousands of optional members is as deep.
    const waiting = [...stacks].reverse();
    const follow = (...next: readonly (Stack | null)[]): void => void waiting.push(...next);
    for (let stack = waiting.pop(); stack !== undefined; stack = waiting.pop()) {
      this.#lookedAt++;
      if (stack?.node === anyText && stack.rest === null && !isAnyText) {
        // All that could follow otherwise is among it.
        isAnyText = true;
        for (const each of [heads, seen]) each.clear();
        waiting.length = 0;
      }
      if (stack === null) isAccepting = true;
      else if (!seen.has(stack)) {
        seen.add(stack);
        if (stack.node.kind === 'symbol') heads.add(stack);
        else this.#expand(stack.node, stack.rest, follow);
      }
    }
    return this.#state([...heads], isAccepting);
  }

  /** What a node that is no symbol may stand for. */
  #expand(
    node: Exclude<GrammarNode, { kind: 'symbol' }>,
    rest: Stack | null,
    follow: (...next: readonly (Stack | null)[]) => void,
  ): void {
    switch (node.kind) {
      case 'empty':
        return follow(rest);
      case 'sequence':
        return follow(this.#push(node.first, this.#push(node.rest, rest)));
      case 'choice':
        for (const option of node.options) follow(this.#push(option, rest));
        return;
      case 'repeat':
        if (node.min === 0) follow(rest);
        if (node.max > 0) follow(this.#push(node.item, this.#push(this.#oneLess(node), rest)));
        return;
      case 'lazy':
        return follow(this.#push(node.node(), rest));
    }
  }

  #state(heads: readonly Stack[], isAccepting: boolean): GrammarState {
    const ids = heads.map(({ id }) => id).sort((a, b) => a - b);
    const key = `${isAccepting ? 'end,' : ''}${ids.join()}`;
    let state = this.#states.get(key);
    if (!state) {
      state = new GrammarState(this, heads, isAccepting);
      this.#states.set(key, state);
    }
    return state;
  }

  #push(node: GrammarNode, rest: Stack | null): Stack {
    let byRest = this.#stacks.get(node);
    if (!byRest) {
      byRest = new Map();
      this.#stacks.set(node, byRest);
    }
    let stack = byRest.get(rest);
    if (!stack) {
      stack = { id: this.#stackCount++, node, rest };
      byRest.set(rest, stack);
    }
    return stack;
  }

  #oneLess(node: Extract<GrammarNode, { kind: 'repeat' }>): GrammarNode {
    const { item, max } = node;
    const min = Math.max(0, node.min - 1);
    if (max === Number.POSITIVE_INFINITY && min === node.min) return node;
    const byBounds = this.#repeats.get(item) ?? new Map<string, GrammarNode>();
    this.#repeats.set(item, byBounds);
    const key = `${min}-${max - 1}`;
    const known = byBounds.get(key) ?? { kind: 'repeat', item, min, max: max - 1 };
    byBounds.set(key, known);
    return known;
  }
}
