/** Rounds of the serving bench as a table: medians over rounds, ratios taken within a round. */
import { median } from '../statistics.js';
import type { LoadResult } from './chat-load.js';

/** By side: its results by number of clients, or why there are none. */
export type ServingRound = Readonly<Record<string, readonly LoadResult[] | string>>;

/** @param sides the first is ours. */
export function servingReport(rounds: readonly ServingRound[], sides: readonly string[], machine: string): string {
  const [ours = ''] = sides;
  const clients = [...new Set(rounds.flatMap((round) => listOf(round, ours).map((result) => result.clients)))];
  const rows = clients.flatMap((count) => sides.map((side) => row(rounds, ours, side, count)));
  const absent = sides.slice(1).length === 0 ? ['', 'No peer was measured: PREHEAT_PEER_PYTHON is not set.'] : [];
  return [
    `${machine}; medians of ${rounds.length} rounds; characters are tokens here.`,
    '',
    '| clients | server | characters/s | first text p50 | first text p99 | ours: characters/s | ours: first text p50 |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...absent,
  ].join('\n');
}

function row(rounds: readonly ServingRound[], ours: string, side: string, clients: number): string {
  const of = (round: ServingRound, name: string) => listOf(round, name).find((result) => result.clients === clients);
  const results = rounds.flatMap((round) => of(round, side) ?? []);
  if (results.length === 0) {
    const reason = rounds.map((round) => round[side]).find((result) => typeof result === 'string');
    return `| ${clients} | ${side} | not run: ${String(reason ?? 'no result').slice(0, 120)} | | | | |`;
  }
  const pairs = rounds.flatMap((round) => {
    const [own, other] = [of(round, ours), of(round, side)];
    return own && other ? [{ own, other }] : [];
  });
  const ratio = (values: readonly number[]) => (side === ours ? '' : `${median(values).toFixed(2)}×`);
  const ms = (values: readonly number[]) => `${median(values).toFixed(0)} ms`;
  return `| ${[
    clients,
    side,
    median(results.map((result) => result.charactersPerS)).toFixed(0),
    ms(results.map(({ firstText }) => firstText.p50Ms)),
    ms(results.map(({ firstText }) => firstText.p99Ms)),
    ratio(pairs.map(({ own, other }) => own.charactersPerS / other.charactersPerS)),
    ratio(pairs.map(({ own, other }) => other.firstText.p50Ms / own.firstText.p50Ms)),
  ].join(' | ')} |`;
}

const listOf = (round: ServingRound, side: string): readonly LoadResult[] => {
  const results = round[side];
  return results === undefined || typeof results === 'string' ? [] : results;
};
