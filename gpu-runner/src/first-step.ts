/**
 * The watch over the time until a runner finishes its first step on a job: a run that hangs at the start costs as much as one
 * that trains, and looks the same from outside. It names where the run hangs.
 */
import type { Clock } from '@preheat/ports';
import type { Alarm } from '@preheat/recipes';

/** This runner did not get to a first step; another attempt may. */
export class FirstStepError extends Error {
  override readonly name = 'FirstStepError';
  readonly alarm: Alarm;

  constructor(alarm: Alarm) {
    super(alarm.cause);
    this.alarm = alarm;
  }
}

export class FirstStepWatch {
  /** What the runner is doing. */
  stage = 'starting';
  readonly #ended = new AbortController();
  /** Rejects when the time is over; never resolves. */
  readonly expired: Promise<never>;

  /** @param seconds Null: no watch. */
  constructor(clock: Clock, seconds: number | null) {
    this.expired = new Promise((_, reject) => {
      if (seconds === null) return;
      void clock.sleep(seconds * 1000, this.#ended.signal).then(
        () => reject(new FirstStepError(this.#alarm(seconds))),
        () => undefined,
      );
    });
  }

  /** A step was finished, or the runner left the job. */
  end(): void {
    this.#ended.abort();
  }

  #alarm(seconds: number): Alarm {
    const cause = `no step was finished within ${seconds} s; the runner was ${this.stage}`;
    return { detector: 'first_step', isWorthless: false, cause, evidence: { seconds, stage: this.stage } };
  }
}
