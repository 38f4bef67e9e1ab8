/**
 * One operating-system process of a simulation. Production code lives on the ports that it is handed, and every await of
 * such code ends at one of them, so a process can be stopped exactly there: a crash leaves the call for ever unanswered
 * (whether or not it took effect), a pause answers it late, also past a lease. Its clock is its own, off by a constant.
 */
import type { Clock, JsonValue, Log, ObjectStore, Random, WorkQueue } from '@preheat/ports';

/** Probabilities for one call of a port, each drawn before the call and before its answer; all 0 unless given. */
export interface ProcessFaults {
  readonly crash?: number;
  readonly pause?: number;
  readonly pauseMaxMs?: number;
  /** A pause of a length of its own, as of a machine that is suspended. */
  readonly suspend?: number;
  readonly suspendMinMs?: number;
  readonly suspendMaxMs?: number;
}

export interface SimulatedProcessOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: ProcessFaults;
  /** Added to the true time. */
  readonly skewMs: number;
  readonly log: Log;
}

export class SimulatedProcess {
  readonly name: string;
  /** The process's own clock. */
  readonly clock: Clock;
  /** Resolves when the process crashes. */
  readonly crashed: Promise<void>;
  readonly #options: SimulatedProcessOptions;
  #faults: ProcessFaults;
  #isAlive = true;
  #pausedUntilMs = 0;
  #die: () => void = () => undefined;

  constructor(options: SimulatedProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#faults = options.faults;
    this.crashed = new Promise((resolve) => {
      this.#die = resolve;
    });
    const { clock, skewMs } = options;
    this.clock = {
      // Whole milliseconds, as a system's clock counts.
      nowMs: () => Math.floor(clock.nowMs()) + skewMs,
      sleep: (ms, signal) => this.#answered(clock.sleep(ms, signal)),
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** It crashes and pauses no more by itself. */
  heal(): void {
    this.#faults = {};
  }

  /** kill -9: no call returns to the process any more. Calls under way may still take effect. */
  crash(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#options.log.debug('fault: crash', { process: this.name });
    this.#die();
  }

  /** SIGSTOP, and SIGCONT after `ms`. */
  pause(ms: number): void {
    this.#options.log.debug('fault: pause', { process: this.name, ms });
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#options.clock.nowMs() + ms);
  }

  /** When its longest pause so far is over; in the past for a process that runs. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs;
  }

  /** The same port, as this process reaches it. */
  reach<P extends ObjectStore | WorkQueue<JsonValue>>(port: P): P {
    const process = this;
    const reached = new Map<PropertyKey, unknown>();
    return new Proxy(port, {
      get(target, property) {
        const known = reached.get(property);
        if (known !== undefined) return known;
        const member = Reflect.get(target, property, target) as unknown;
        if (typeof member !== 'function') return member;
        const call = (...values: unknown[]) => process.#call(() => member.apply(target, values) as Promise<unknown>);
        reached.set(property, call);
        return call;
      },
    });
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    await this.#fate();
    return this.#answered(call());
  }

  /** The answer, or the failure, as the process gets to see it. */
  async #answered<T>(outcome: Promise<T>): Promise<T> {
    try {
      return await outcome;
    } finally {
      const held = this.#fate();
      if (held) await held;
    }
  }

  /** Undefined when the process lives and runs; else passes once it does. */
  #fate(): Promise<void> | undefined {
    const { random, clock } = this.#options;
    const draw = this.#isAlive ? random.float() : 1;
    const { crash = 0, pause = 0, pauseMaxMs = 10_000, suspend = 0 } = this.#faults;
    if (draw < crash) this.crash();
    else if (draw < crash + pause) this.pause(1 + random.int(pauseMaxMs));
    else if (draw < crash + pause + suspend) this.#suspend();
    return this.#isAlive && this.#pausedUntilMs <= clock.nowMs() ? undefined : this.#held();
  }

  #suspend(): void {
    const { suspendMinMs = 60_000, suspendMaxMs = suspendMinMs } = this.#faults;
    this.pause(suspendMinMs + this.#options.random.int(suspendMaxMs - suspendMinMs + 1));
  }

  async #held(): Promise<void> {
    const { clock } = this.#options;
    while (this.#isAlive && this.#pausedUntilMs > clock.nowMs()) {
      await clock.sleep(this.#pausedUntilMs - clock.nowMs());
    }
    if (!this.#isAlive) await new Promise<never>(() => undefined);
  }
}
