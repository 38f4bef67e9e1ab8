/**
 * The watch over the time until a runner finishes its first step on a job: a run that hangs at the start costs as much as one
 * that trains, and looks the same from outside. It names where the run hangs, and where the time of a start went.
 */
import type { Clock } from '@preheat/ports';
import type { Alarm } from '@preheat/recipes';

/** This runner did not get to a first step. Another attempt may, unless the step itself is what took so long. */
export class FirstStepError extends Error {
  override readonly name = 'FirstStepError';
  readonly alarm: Alarm;

  constructor(alarm: Alarm) {
    super(alarm.cause);
    this.alarm = alarm;
  }
}

const SLOW_STEP_REMEDY =
  'another attempt would take the same step: resume the job if it hung, or start another one with a smaller step or a larger guards.first_step_seconds';

const SLOW_START_REMEDY =
  'another attempt would begin with all of it again, also with rows that are tried or scored before the first step: if that is what takes so long, start another job with a larger guards.first_step_seconds';

/** Reading rows; weights, graders, sessions and the recipe's state; the step itself, which compiles what it computes with. */
export type StartPart = 'data' | 'model' | 'step';

export class FirstStepWatch {
  readonly startedAtMs: number;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  readonly #spentMs: Record<StartPart, number> = { data: 0, model: 0, step: 0 };
  #wasFinishedBefore = false;
  #part: StartPart = 'data';
  #stage = 'starting';
  #sinceMs: number;
  /** Rejects when the time is over; never resolves. */
  readonly expired: Promise<never>;

  /** @param seconds Null: no watch. */
  constructor(clock: Clock, seconds: number | null) {
    this.#clock = clock;
    this.startedAtMs = clock.nowMs();
    this.#sinceMs = this.startedAtMs;
    this.expired = new Promise((_, reject) => {
      if (seconds === null) return;
      void clock.sleep(seconds * 1000, this.#ended.signal).then(
        () => reject(new FirstStepError(this.#alarm(seconds))),
        () => undefined,
      );
    });
  }

  /** @param stage What the runner is doing from now on, for people. */
  enter(part: StartPart, stage: string): void {
    this.#count();
    [this.#part, this.#stage] = [part, stage];
  }

  /** An earlier attempt finished a step of the job: that this one does not is no property of the job. */
  finishedBefore(): void {
    this.#wasFinishedBefore = true;
  }

  get hasEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  /** A step was finished, or the runner left the job. */
  end(): void {
    if (this.hasEnded) return;
    this.#count();
    this.#ended.abort();
  }

  /** Where the time went until `end`. */
  get spentMs(): Readonly<Record<StartPart, number>> {
    return this.#spentMs;
  }

  #count(): void {
    if (this.hasEnded) return;
    const nowMs = this.#clock.nowMs();
    this.#spentMs[this.#part] += Math.max(0, nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
  }

  #alarm(seconds: number): Alarm {
    // Every attempt takes the same first step, and as long; what comes before it waits for stores and files, which may answer next time.
    const isWorthless = this.#part === 'step' && !this.#wasFinishedBefore;
    const remedies = [
      ...(isWorthless ? [SLOW_STEP_REMEDY] : []),
      ...(this.#part === 'model' ? [SLOW_START_REMEDY] : []),
    ];
    const told = [`no step was finished within ${seconds} s`, `the runner was ${this.#stage}`, ...remedies];
    const cause = told.join('; ');
    return { detector: 'first_step', isWorthless, cause, evidence: { seconds, stage: this.#stage } };
  }
}
