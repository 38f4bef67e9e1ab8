/** A Log that keeps its lines, stamped with virtual time: equal traces are the test of determinism. */
import type { Clock, Log, LogFields, LogLevel } from '@preheat/ports';

export class TraceLog implements Log {
  /** `<ms since the start> <level> <message> <fields as JSON>`, shared with every child. */
  readonly lines: string[];
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #fields: LogFields;

  private constructor(clock: Clock, startMs: number, lines: string[], fields: LogFields) {
    this.#clock = clock;
    this.#startMs = startMs;
    this.lines = lines;
    this.#fields = fields;
  }

  static open(clock: Clock): TraceLog {
    return new TraceLog(clock, clock.nowMs(), [], {});
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
  }

  child(fields: LogFields): TraceLog {
    return new TraceLog(this.#clock, this.#startMs, this.lines, { ...this.#fields, ...fields });
  }

  #add(level: LogLevel, message: string, fields: LogFields = {}): void {
    const json = JSON.stringify({ ...this.#fields, ...fields }, (_, value: unknown) =>
      value instanceof Error ? `${value.name}: ${value.message}` : value,
    );
    this.lines.push(`${this.#clock.nowMs() - this.#startMs} ${level} ${message} ${json}`);
  }
}
