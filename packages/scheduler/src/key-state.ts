/**
 * What is kept of a key (class and base model) between jobs, and how. Each writer has a shard of its own, so writers never
 * contend; readers sum the shards. Releases that no arrival has used are kept even after their runner left: the gap to the
 * next arrival is what a longer stay would have saved. A shard that is lost, old or doubled changes what is estimated, so it
 * may cost money; nothing else is read from it.
 */
import type { KeyState } from '@preheat/contracts';
import { addGaps, type GapCounts, LONGEST_GAP_MS, NO_GAPS, observeGap } from './gap-histogram.js';

/** What an older gap still counts after a newer one was seen. */
const DECAY = 0.97;
/** The class changes more slowly than one of its keys. */
export const POOLED_DECAY = 0.999;
/** Runners of one key that are idle together; older releases are forgotten. */
const MAX_RELEASES = 24;
/** Two decimals keep a shard below 2 KB; a count that faded below a hundredth is gone. */
const PRECISION = 100;
/**
 * Gaps are counted apart by how long before the release the last job of the key had come: jobs come in bursts, and the next
 * one is near while a burst lasts. Upper bounds; the last pace is whatever is slower.
 */
const PACES_MS: readonly number[] = [10_000, 100_000, 1_000_000];

export type { KeyState };

export type Release = readonly [atMs: number, pace: number];

export const NO_KEY_STATE: KeyState = {
  schemaVersion: 1,
  gaps: [...PACES_MS, Infinity].map(() => NO_GAPS),
  observed: 0,
  releases: [],
  usedMs: [],
  arrivedMs: 0,
};

/** What all writers know: counts summed, and the releases of all. Order and grouping do not matter. */
export function mergeKeyStates(a: KeyState, b: KeyState): KeyState {
  return {
    schemaVersion: 1,
    gaps: a.gaps.map((counts, pace) => addGaps(counts, b.gaps[pace] ?? NO_GAPS)),
    observed: a.observed + b.observed,
    releases: [...a.releases, ...b.releases].sort(byTime),
    usedMs: [...a.usedMs, ...b.usedMs].sort((x, y) => x - y),
    arrivedMs: Math.max(a.arrivedMs, b.arrivedMs),
  };
}

/**
 * What writers that are gone knew, added to what older ones knew: the older fades as if one writer had seen it all, releases
 * that were used are matched, and what waited in vain is counted, so that the sum keeps the size of one state.
 */
export function foldKeyStates(older: KeyState, newer: KeyState, { nowMs, others }: FoldedAt): KeyState {
  const fade = POOLED_DECAY ** newer.observed;
  const faded = { ...older, gaps: older.gaps.map((counts) => counts.map((count) => count * fade)) };
  const { usedMs, ...merged } = mergeKeyStates(faded, newer);
  const releases = withoutUsed(merged.releases, [...usedMs, ...others.usedMs]);
  return forgetOld({ ...merged, releases, usedMs: usedMs.slice(-MAX_RELEASES) }, nowMs, POOLED_DECAY);
}

interface FoldedAt {
  readonly nowMs: number;
  /** What writers that are still there know. */
  readonly others: KeyState;
}

const withoutUsed = (releases: readonly Release[], usedMs: readonly number[]): readonly Release[] =>
  releases.filter(([atMs]) => !usedMs.includes(atMs));

/** How long ago the last job came, as the index of its bound. */
export function paceAt({ arrivedMs }: Pick<KeyState, 'arrivedMs'>, nowMs: number): number {
  const index = PACES_MS.findIndex((boundMs) => nowMs - arrivedMs < boundMs);
  return index < 0 ? PACES_MS.length : index;
}

export function allPaces({ gaps }: KeyState): GapCounts {
  return gaps.reduce(addGaps, NO_GAPS);
}

/** @param decay What older gaps count after this one. */
export function observeRelease(own: KeyState, nowMs: number, others = NO_KEY_STATE, decay = DECAY): KeyState {
  const arrivedMs = Math.max(own.arrivedMs, others.arrivedMs);
  const release: Release = [nowMs, paceAt({ arrivedMs }, nowMs)];
  // Counted by the writer whose arrival used them.
  const open = withoutUsed(own.releases, others.usedMs);
  return forgetOld({ ...own, releases: [...open, release].sort(byTime) }, nowMs, decay);
}

/** A release that waited in vain is a long gap, and must be counted as one: else only the short ones would be known. */
function forgetOld(own: KeyState, nowMs: number, decay: number): KeyState {
  const surplus = own.releases.length - MAX_RELEASES;
  const isOld = ([atMs]: Release, index: number): boolean => index < surplus || nowMs - atMs >= LONGEST_GAP_MS;
  const old = own.releases.filter(isOld);
  if (old.length === 0) return own;
  const known = { ...own, releases: own.releases.slice(old.length) };
  return old.reduce((state, [, pace]) => ({ ...state, ...counted(state, { ms: LONGEST_GAP_MS, pace }, decay) }), known);
}

export interface ObservedArrival {
  readonly own: KeyState;
  readonly gap: ObservedGap | null;
}

export interface ObservedGap {
  /** Since the release that this arrival could have used, whether or not its runner stayed. */
  readonly ms: number;
  readonly pace: number;
}

/** Matches the arrival with the last unused release, which is what a clairvoyant would do too (see the oracle O1). */
export function observeArrival(own: KeyState, nowMs: number, others = NO_KEY_STATE, decay = DECAY): ObservedArrival {
  const arrived = { ...own, arrivedMs: Math.max(own.arrivedMs, nowMs) };
  const release = lastUnused(own, others, nowMs);
  if (!release) return { own: arrived, gap: null };
  const gap = { ms: nowMs - release[0], pace: release[1] };
  return { own: { ...useRelease(arrived, release), ...counted(own, gap, decay) }, gap };
}

export function observePooledGap(pooled: KeyState, gap: ObservedGap): KeyState {
  return { ...pooled, ...counted(pooled, gap, POOLED_DECAY) };
}

/** As it is stored: rounded, so that it fits its limit whatever was counted. */
export function compactKeyState(state: KeyState): KeyState {
  const round = (count: number): number => Math.round(count * PRECISION) / PRECISION;
  return { ...state, gaps: state.gaps.map((counts) => counts.map(round)) };
}

function counted({ gaps, observed }: KeyState, gap: ObservedGap, decay: number): Pick<KeyState, 'gaps' | 'observed'> {
  const seen = gaps.map((counts, pace) => (pace === gap.pace ? observeGap(counts, gap.ms, decay) : counts));
  return { gaps: seen, observed: observed + 1 };
}

function useRelease(own: KeyState, release: Release): KeyState {
  if (own.releases.includes(release)) return { ...own, releases: own.releases.filter((other) => other !== release) };
  return { ...own, usedMs: [...own.usedMs, release[0]].sort((a, b) => a - b).slice(-MAX_RELEASES) };
}

function lastUnused(own: KeyState, others: KeyState, nowMs: number): Release | undefined {
  const isOpen = ([atMs]: Release): boolean =>
    atMs <= nowMs && !own.usedMs.includes(atMs) && !others.usedMs.includes(atMs);
  const [mine, theirs] = [own.releases.findLast(isOpen), others.releases.findLast(isOpen)];
  return mine && theirs ? (theirs[0] > mine[0] ? theirs : mine) : (mine ?? theirs);
}

const byTime = (a: Release, b: Release): number => a[0] - b[0];
