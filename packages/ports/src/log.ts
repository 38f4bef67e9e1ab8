/** Log: structured events for operators. Never a data channel: nothing in the platform reads a log back. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Names carry units last (`waitMs`); an Error goes under the name `error`. Never put prompts or keys here. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;

  /** A log that adds `fields` to every event. */
  child(fields: LogFields): Log;
}
