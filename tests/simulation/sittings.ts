/**
 * Which seeds were played, at which commit, and how long it took: a long run is played in several sittings. A sitting that goes
 * on where one of the same commit and machine stopped is part of that one; whatever else was played stays as it was.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { markdownTable } from '../bench/table.js';

/** Seeds `from` to `to`, both included. */
export interface Sitting {
  readonly from: number;
  readonly to: number;
  readonly commit: string;
  readonly machine: string;
  readonly seconds: number;
  /** Seeds that broke a property. */
  readonly failed: readonly number[];
}

const FILE = new URL('../../docs/reliability/simulation.json', import.meta.url);

export const readSittings = (file = FILE): Sitting[] =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Sitting[]) : [];

export function writeSittings(sittings: readonly Sitting[], file = FILE): void {
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `[\n${sittings.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`);
}

/** Adds a sitting to those before it. */
export function withSitting(before: readonly Sitting[], sitting: Sitting): Sitting[] {
  const isBefore = ({ to, commit, machine }: Sitting) =>
    to + 1 === sitting.from && commit === sitting.commit && machine === sitting.machine;
  const last = before.find(isBefore);
  if (!last) return [...before, sitting];
  const { from, seconds, failed } = last;
  const joined = { ...sitting, from, seconds: seconds + sitting.seconds, failed: [...failed, ...sitting.failed] };
  return before.map((each) => (each === last ? joined : each));
}

export function sittingsTable(sittings: readonly Sitting[]): string {
  return markdownTable(
    ['seeds', 'failed', 'commit', 'took', 'machine'],
    sittings.map(({ from, to, failed, commit, seconds, machine }) => [
      `${from.toLocaleString('en')} to ${to.toLocaleString('en')}`,
      failed.length === 0 ? 'none' : failed.join(', '),
      `\`${commit}\``,
      `${Math.round(seconds / 60)} min, ${((to - from + 1) / seconds).toFixed(1)} a second`,
      machine,
    ]),
  );
}

/** Seeds that were played at a commit, each counted once. */
export function playedAt(sittings: readonly Sitting[], commit: string): number {
  const ranges = sittings.filter((each) => each.commit === commit).sort((a, b) => a.from - b.from);
  let [count, next] = [0, 0];
  for (const { from, to } of ranges) {
    count += Math.max(0, to + 1 - Math.max(from, next));
    next = Math.max(next, to + 1);
  }
  return count;
}
