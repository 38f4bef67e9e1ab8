/** Runs the sides of every match, interleaved by round, until each has its rounds or the time given is over. */
import { guarded, type GuardedMachine, GUARD, type GuardOptions } from './guard.js';
import { commandText, type Ledger } from './ledger.js';
import type { Match, Side } from './match.js';
import { type Line, runSide, SideFailedError, type SideRun } from './run-side.js';

export interface RunOptions {
  readonly rounds: number;
  /** No run is begun after this many seconds. */
  readonly budgetS: number;
  /** Folder that sides run in. */
  readonly folder: string;
  /** Folders of this machine by the variable that names them: left out of recorded commands. */
  readonly folders: Readonly<Record<string, string>>;
  readonly revision: string;
  /** Null where the processor time of others cannot be known. */
  readonly machine: GuardedMachine | null;
  readonly guard?: GuardOptions;
  readonly tell: (message: string) => void;
  /** Replaced in tests of the driver. */
  readonly run?: (side: Side, folder: string) => Promise<SideRun>;
}

/** Why a side has no result, by `match side`. */
export type Failures = ReadonlyMap<string, string>;

export const failureKey = (match: Match, side: Side): string => `${match.id} ${side.id}`;

export async function runMatches(matches: readonly Match[], ledger: Ledger, options: RunOptions): Promise<Failures> {
  const deadline = performance.now() + options.budgetS * 1000;
  const failures = new Map<string, string>();
  // Round by round over all rows: whenever the time is over, every row has as many rounds as the others, or one less.
  for (let round = 0; round < options.rounds; round++) {
    for (const match of matches) {
      // Every second round backwards, so that no side always runs on a machine that another has warmed.
      const order = round % 2 === 0 ? match.sides : match.sides.toReversed();
      for (const side of order) {
        if (performance.now() > deadline) return failures;
        if (round > 0 && isBeaten(match, side, ledger, options)) continue;
        await runOnce(match, side, round, ledger, failures, options);
      }
    }
  }
  return failures;
}

/** A split of a peer that another split of it beat by so much in the first round cannot be the better one, and costs hours. */
const BEATEN_RATIO = 1.25;

function isBeaten(match: Match, side: Side, ledger: Ledger, { folders }: RunOptions): boolean {
  const first = (one: Side) => ledger.series(match, one, commandText(one, folders)).get(0);
  const own = first(side);
  if (own === undefined) return false;
  const rivals = match.comparisons.filter(({ sides }) => sides.includes(side.id)).flatMap(({ sides }) => sides);
  return match.sides.some((other) => {
    const value = rivals.includes(other.id) ? first(other) : undefined;
    if (value === undefined) return false;
    return (match.metric.better === 'higher' ? value / own : own / value) > BEATEN_RATIO;
  });
}

async function runOnce(
  match: Match,
  side: Side,
  round: number,
  ledger: Ledger,
  failures: Map<string, string>,
  options: RunOptions,
): Promise<void> {
  const key = failureKey(match, side);
  const command = commandText(side, options.folders);
  if (side.missing !== undefined || failures.has(key) || ledger.has(match.id, side.id, round, command)) return;
  match.prepare?.();
  try {
    const { value, foreignCpu } = await measure(side, options);
    const last = value.lines.at(-1) ?? {};
    const values: Line = { ...last, first_line_s: value.firstLineS, peak_rss_mib: value.peakRssMib, ...roofOf(value) };
    const { revision } = options;
    ledger.add({ match: match.id, side: side.id, round, command, revision, foreignCpu, values });
    const shown = Number(values[match.metric.key]) * (side.scale ?? 1);
    options.tell(
      `${match.id} ${side.id} round ${round + 1}: ${shown.toPrecision(5)} ${match.metric.unit}, others ${(100 * foreignCpu).toFixed(1)} %, ${value.wallS.toFixed(0)} s`,
    );
  } catch (error) {
    if (!(error instanceof SideFailedError)) throw error;
    failures.set(key, error.message);
    options.tell(`${match.id} ${side.id} failed: ${error.message}`);
  }
}

async function measure(
  side: Side,
  { machine, guard = GUARD, folder, run = runSide }: RunOptions,
): Promise<{ value: SideRun; foreignCpu: number }> {
  if (!machine) return { value: await run(side, folder), foreignCpu: Number.NaN };
  return guarded(machine, () => run(side, folder), guard);
}

/** A side that prints a line for every size is worth its best one. */
function roofOf({ lines }: SideRun): Record<string, number> {
  const rates = lines.flatMap(({ gflops }) => (typeof gflops === 'number' ? [gflops] : []));
  return rates.length > 1 ? { gflops: Math.max(...rates) } : {};
}
