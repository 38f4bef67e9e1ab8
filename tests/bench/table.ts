/** The table of outcomes, in Markdown: the same on a terminal and in the documentation. */
import type { Outcome } from './outcome.js';

const HEADER = ['work', 'peer', 'ours', 'theirs', 'ratio (range, rounds)', 'goal', ''];

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

export function outcomeTable(outcomes: readonly Outcome[]): string {
  return markdownTable(HEADER, outcomes.map(outcomeRow));
}

/** Three digits are more than a shared machine gives. */
export const figure = (value: number | undefined): string =>
  value === undefined ? '' : Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });

function outcomeRow({ match, peer, ours, theirs, side, goal, ratio, verdict }: Outcome): string[] {
  const { unit } = match.metric;
  const split = side === undefined ? '' : /threads|processes/.exec(side)?.[0];
  return [
    match.title,
    split ? `${peer}, ${split}` : peer,
    ours === undefined ? '' : `${figure(ours)} ${unit}`,
    theirs === undefined ? '' : `${figure(theirs)} ${unit}`,
    ratio
      ? `**${ratio.median.toFixed(2)}** (${ratio.lowest.toFixed(2)}–${ratio.highest.toFixed(2)}, ${ratio.rounds})`
      : '',
    goal === null ? '' : `≥ ${goal}`,
    verdict === 'no goal' ? '' : verdict,
  ];
}
