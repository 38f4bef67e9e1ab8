/**
 * Finite automata over code points: what several regular languages have in common, computed whole, so that an automaton has no state from
 * which no text ends. Computing one may take exponential work; it is counted, and given up.
 */
import { empty, type GrammarNode, lazy, oneOfAll, sequence } from './byte-grammar.js';
import { type SymbolSet, united, type SymbolRange } from './symbol-ranges.js';

/** A deterministic automaton is its first state. */
export interface AutomatonState {
  readonly isAccepting: boolean;
  /** In the order of their symbols, which are no two moves'. Null where finding them takes more than the work that is left. */
  movesWithin(work: AutomatonWork): readonly AutomatonMove[] | null;
}

export interface AutomatonMove {
  readonly from: number;
  readonly to: number;
  readonly next: AutomatonState;
}

/** An automaton that was computed whole. */
export interface KnownState extends AutomatonState {
  readonly moves: readonly KnownMove[];
}

interface KnownMove extends AutomatonMove {
  readonly next: KnownState;
}

/** A move of several automata at once, with the state that it leads to, takes as long as looking at so many things. */
const WORK_PER_MOVE = 4;

/** Work that is left, in what is looked at to find moves. Of all automata that one request asks for. */
export class AutomatonWork {
  readonly #most: number;
  #left: number;

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

  /** Whether nothing was spent yet. */
  get isWhole(): boolean {
    return this.#left === this.#most;
  }

  /** To be called before the work is done. False once it is used up. */
  spend(amount: number): boolean {
    this.#left -= amount;
    return this.#left >= 0;
  }
}

/** What `intersection` may find instead: no text is in all of them, or the work was used up. */
export type NoAutomaton = 'empty' | 'too large';

class State implements KnownState {
  readonly isAccepting: boolean;
  moves: (KnownMove & { readonly next: State })[] = [];

  constructor(isAccepting: boolean) {
    this.isAccepting = isAccepting;
  }

  movesWithin(): readonly KnownMove[] {
    return this.moves;
  }
}

/** The texts that all of these automata accept. They need not be finite, and may have states from which no text ends. */
export function intersection(starts: readonly AutomatonState[], work: AutomatonWork): KnownState | NoAutomaton {
  const places = new Places();
  const start = places.stateAt(starts);
  for (let index = 0; index < places.found.length; index++) {
    const { place, state } = places.found[index] as Found;
    const moves = jointMoves(place, work);
    if (!moves) return 'too large';
    for (const { from, to, place: next } of moves) state.moves.push({ from, to, next: places.stateAt(next) });
  }
  return withoutDeadEnds(
    start,
    places.found.map(({ state }) => state),
  );
}

/** Its texts as a grammar, whose characters are written by `written` and whose texts end in `end`. */
export function automatonGrammar(
  start: KnownState,
  written: (set: SymbolSet) => GrammarNode,
  end: GrammarNode = empty,
): GrammarNode {
  const characters = new Map<string, GrammarNode>();
  const character = (set: SymbolSet): GrammarNode => {
    const key = set.join(';');
    const node = characters.get(key) ?? written(set);
    characters.set(key, node);
    return node;
  };
  const nodes = new Map<KnownState, GrammarNode>();
  const nodeOf = (state: KnownState): GrammarNode => {
    const node = nodes.get(state) ?? lazy(() => oneOfAll(optionsOf(state)));
    nodes.set(state, node);
    return node;
  };
  const optionsOf = ({ isAccepting, moves }: KnownState): GrammarNode[] => {
    const byTarget = new Map<KnownState, SymbolRange[]>(moves.map(({ next }) => [next, []]));
    for (const { from, to, next } of moves) byTarget.get(next)?.push([from, to]);
    const options = [...byTarget].map(([next, ranges]) => sequence(character(united(ranges)), nodeOf(next)));
    return isAccepting ? [end, ...options] : options;
  };
  return nodeOf(start);
}

/** A state of every automaton, and the state that stands for all of them. */
interface Found {
  readonly place: readonly AutomatonState[];
  readonly state: State;
}

class Places {
  readonly found: Found[] = [];
  readonly #states = new Map<string, State>();
  readonly #ids = new Map<AutomatonState, number>();

  stateAt(place: readonly AutomatonState[]): State {
    const key = place.map((state) => this.#id(state)).join();
    const known = this.#states.get(key);
    if (known) return known;
    const state = new State(place.every(({ isAccepting }) => isAccepting));
    this.#states.set(key, state);
    this.found.push({ place, state });
    return state;
  }

  #id(state: AutomatonState): number {
    const known = this.#ids.get(state);
    if (known !== undefined) return known;
    this.#ids.set(state, this.#ids.size);
    return this.#ids.size - 1;
  }
}

interface JointMove {
  readonly from: number;
  readonly to: number;
  readonly place: readonly AutomatonState[];
}

/** Null where finding them takes more than the work that is left. */
function jointMoves(place: readonly AutomatonState[], work: AutomatonWork): readonly JointMove[] | null {
  const moves: (readonly AutomatonMove[])[] = [];
  for (const state of place) {
    const found = state.movesWithin(work);
    if (!found) return null;
    moves.push(found);
  }
  const [first = [], ...others] = moves;
  if (!work.spend(WORK_PER_MOVE * Math.max(1, ...moves.map(({ length }) => length)))) return null;
  const joint = first.map(({ from, to, next }): JointMove => ({ from, to, place: [next] }));
  return others.reduce((all, other) => joined(all, other), joint);
}

/** Both are in order, so what overlaps is found in one go. */
function joined(joint: readonly JointMove[], moves: readonly AutomatonMove[]): JointMove[] {
  const both: JointMove[] = [];
  let at = 0;
  for (const { from, to, place } of joint) {
    while (at < moves.length && (moves[at] as AutomatonMove).to < from) at++;
    for (let index = at; index < moves.length; index++) {
      const move = moves[index] as AutomatonMove;
      if (move.from > to) break;
      both.push({ from: Math.max(from, move.from), to: Math.min(to, move.to), place: [...place, move.next] });
    }
  }
  return both;
}

function withoutDeadEnds(start: State, states: readonly State[]): KnownState | 'empty' {
  const before = new Map<State, State[]>(states.map((state) => [state, []]));
  for (const state of states) for (const { next } of state.moves) before.get(next)?.push(state);
  const ending = new Set<State>();
  const waiting = states.filter(({ isAccepting }) => isAccepting);
  for (let state = waiting.pop(); state; state = waiting.pop()) {
    if (ending.has(state)) continue;
    ending.add(state);
    for (const each of before.get(state) ?? []) waiting.push(each);
  }
  if (!ending.has(start)) return 'empty';
  for (const state of states) state.moves = state.moves.filter(({ next }) => ending.has(next));
  return start;
}
