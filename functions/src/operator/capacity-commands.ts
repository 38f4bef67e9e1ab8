/** `operator capacity …`: shows, sets and lifts the hold that keeps jobs and runners from being started. */
import { type CapacityHold, HELD_JOBS, MAX_HOLD_REASON } from '@preheat/contracts';
import { type CapacityHoldDependencies, CapacityHolds } from '@preheat/jobs';

export const CAPACITY_USAGE = `       operator capacity show
       operator capacity hold [--reason TEXT] [--until TIME] [--running ${HELD_JOBS.join('|')}]
       operator capacity lift [--budget]`;

export interface CapacityFlags {
  readonly reason?: string | undefined;
  /** `2030-02-01T00:00:00Z`. */
  readonly until?: string | undefined;
  readonly running?: string | undefined;
  /** Of `lift`: the budget's hold instead of the operator's. */
  readonly budget?: boolean | undefined;
}

const USUAL_REASON = 'the operator of this platform holds it back';
const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/;

/** Runs one command and returns its exit code. */
export async function operateCapacity(
  [verb, ...more]: readonly (string | undefined)[],
  flags: CapacityFlags,
  deps: CapacityHoldDependencies,
  print: (line: unknown) => void,
): Promise<number> {
  const holds = new CapacityHolds(deps);
  if (more.length > 0) return 2;
  // What is not of the command would be taken for done.
  if (flags.budget && verb !== 'lift') return 2;
  if (verb === 'show') print(shown(await holds.current()));
  else if (verb === 'lift') {
    const holder = flags.budget ? 'budget' : 'operator';
    const lifted = shown(await holds.lift(holder));
    print({ holder, lifted, left: shown(await holds.current()) });
  } else if (verb === 'hold') {
    const hold = holdOf(flags, deps.clock.nowMs());
    if (typeof hold === 'string') {
      print({ problem: hold });
      return 2;
    }
    await holds.set(hold);
    print(shown(hold));
  } else return 2;
  return 0;
}

/** Or what is wrong with the flags. */
function holdOf({ reason = USUAL_REASON, until, running = 'checkpoint' }: CapacityFlags, nowMs: number) {
  const held = HELD_JOBS.find((name) => name === running);
  const untilMs = until === undefined ? null : UTC_TIME.test(until) ? Date.parse(until) : NaN;
  if (!held) return `--running must be ${HELD_JOBS.join(' or ')}, got "${running}"`;
  if (reason.trim() === '' || reason.length > MAX_HOLD_REASON)
    return `--reason must be a text of 1 to ${MAX_HOLD_REASON} characters`;
  if (untilMs !== null && !(untilMs > nowMs))
    return `--until must be a time to come such as 2030-02-01T00:00:00Z, got "${until}"`;
  return { sinceMs: nowMs, untilMs, reason, running: held };
}

function shown(hold: CapacityHold | null) {
  if (hold === null) return { held: false };
  const { sinceMs, untilMs, reason, running } = hold;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { held: true, since: iso(sinceMs), until: untilMs === null ? null : iso(untilMs), reason, running };
}
