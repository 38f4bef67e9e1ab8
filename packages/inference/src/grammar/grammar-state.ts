/**
 * Where a text stands in a grammar. A state is the set of stacks that the bytes so far may have left; equal states are one
 * object, so what was computed for a state (its transitions, the tokens that may follow) is computed once.
 */
import type { ByteRange, GrammarNode } from './byte-grammar.js';

/** What is still to be matched: a node, and then the rest. */
interface Stack {
  readonly id: number;
  readonly node: GrammarNode;
  readonly rest: Stack | null;
}

export class GrammarState {
  /** Whether the text may end here. */
  readonly isAccepting: boolean;
  readonly #heads: readonly Stack[];
  readonly #grammar: Grammar;
  readonly #next = new Map<number, GrammarState | null>();

  constructor(grammar: Grammar, heads: readonly Stack[], isAccepting: boolean) {
    this.#grammar = grammar;
    this.#heads = heads;
    this.isAccepting = isAccepting;
  }

  /** Null where the grammar allows no such byte. */
  step(byte: number): GrammarState | null {
    let next = this.#next.get(byte);
    if (next === undefined) {
      const matching = this.#heads.filter(({ node }) => node.kind === 'byte' && includes(node.ranges, byte));
      next = matching.length === 0 ? null : this.#grammar.after(matching.map(({ rest }) => rest));
      this.#next.set(byte, next);
    }
    return next;
  }

  /** The state after several bytes. */
  walk(bytes: Uint8Array): GrammarState | null {
    let state: GrammarState | null = this;
    for (const byte of bytes) state = state && state.step(byte);
    return state;
  }
}

const includes = (ranges: readonly ByteRange[], byte: number): boolean =>
  ranges.some(([from, to]) => byte >= from && byte <= to);

export class Grammar {
  readonly start: GrammarState;
  readonly #stacks = new Map<GrammarNode, Map<Stack | null, Stack>>();
  readonly #repeats = new Map<GrammarNode, Map<string, GrammarNode>>();
  readonly #states = new Map<string, GrammarState>();
  #stackCount = 0;

  constructor(root: GrammarNode) {
    this.start = this.after([this.#push(root, null)]);
  }

  /** The state in which any of these stacks is left to be matched; null is a text that is complete. */
  after(stacks: readonly (Stack | null)[]): GrammarState {
    const heads = new Set<Stack>();
    const seen = new Set<Stack>();
    let isAccepting = false;
    // A list of what is to be looked at, not recursion: an object of thousands of optional members is as deep.
    const waiting = [...stacks].reverse();
    const follow = (...next: readonly (Stack | null)[]): void => void waiting.push(...next);
    for (let stack = waiting.pop(); stack !== undefined; stack = waiting.pop()) {
      if (stack === null) isAccepting = true;
      else if (!seen.has(stack)) {
        seen.add(stack);
        if (stack.node.kind === 'byte') heads.add(stack);
        else this.#expand(stack.node, stack.rest, follow);
      }
    }
    return this.#state([...heads], isAccepting);
  }

  /** What a node that is no byte may stand for. */
  #expand(
    node: Exclude<GrammarNode, { kind: 'byte' }>,
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
