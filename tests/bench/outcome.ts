/** What the ledger says about a match: one line a comparison, or why there is none. */
import { commandText, type Ledger } from './ledger.js';
import type { Comparison, Match, Side } from './match.js';
import { type Failures, failureKey } from './run-matches.js';
import { betterOf, median, type Ratio, ratioOf, type Series, verdict, type Verdict } from './statistics.js';

export interface Outcome {
  readonly match: Match;
  readonly peer: string;
  readonly ours: number | undefined;
  readonly theirs: number | undefined;
  /** The split in which the peer was better. */
  readonly side: string | undefined;
  readonly goal: number | null;
  readonly ratio: Ratio | undefined;
  readonly verdict: Verdict | `not run: ${string}`;
}

export type Folders = Readonly<Record<string, string>>;

export const seriesOf = (ledger: Ledger, match: Match, side: Side, folders: Folders): Series =>
  ledger.series(match, side, commandText(side, folders));

/** One entry a comparison; a match without any has one entry about ours alone. */
export function outcomesOf(match: Match, ledger: Ledger, failures: Failures, folders: Folders): Outcome[] {
  const [own] = match.sides;
  if (!own) throw new Error(`${match.id} has no side`);
  const series = seriesOf(ledger, match, own, folders);
  const ours = series.size > 0 ? median(series.values()) : undefined;
  const none = { match, peer: '', ours, theirs: undefined, side: undefined, goal: null, ratio: undefined } as const;
  if (ours === undefined) return [{ ...none, verdict: `not run: ${reason(match, [own], failures)}` }];
  if (match.comparisons.length === 0) return [{ ...none, verdict: 'no goal' }];
  return match.comparisons.map((comparison) => compare(match, comparison, series, ledger, failures, folders));
}

function compare(
  match: Match,
  { peer, sides: ids, goal }: Comparison,
  own: Series,
  ledger: Ledger,
  failures: Failures,
  folders: Folders,
): Outcome {
  const { better } = match.metric;
  const sides = match.sides.filter(({ id }) => ids.includes(id));
  const candidates = sides.map((side) => ({ side, series: seriesOf(ledger, match, side, folders) }));
  const best = betterOf(candidates, better);
  const ratio = best && ratioOf(own, best.series, better);
  const base = { match, peer, goal, ours: median(own.values()) };
  if (!best || !ratio) {
    const missing = `not run: ${reason(match, sides, failures)}` as const;
    return { ...base, theirs: undefined, side: undefined, ratio: undefined, verdict: missing };
  }
  const theirs = median(best.series.values());
  return { ...base, theirs, side: best.side.id, ratio, verdict: verdict(ratio, goal) };
}

function reason(match: Match, sides: readonly Side[], failures: Failures): string {
  const known = sides.flatMap((side) => failures.get(failureKey(match, side)) ?? side.missing ?? []);
  return known[0]?.replaceAll(/\s+/g, ' ').slice(-160) ?? 'no round yet';
}
