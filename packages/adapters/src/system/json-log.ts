/** A Log that writes one JSON object a line, through pino, without secrets: a key that reaches a log has leaked for good. */
import { pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import type { Log, LogFields, LogLevel } from '@preheat/ports';
import { redactFields, redactText } from './redact.js';

export interface JsonLogOptions {
  readonly level?: LogLevel;
  /** In every line: the program's name, a runner's id, a request's id. */
  readonly fields?: LogFields;
  /** Receives each line with its newline. Standard output unless given. */
  readonly write?: (line: string) => void;
}

export class JsonLog implements Log {
  readonly #logger: Logger;

  private constructor(logger: Logger) {
    this.#logger = logger;
  }

  static open({ level = 'info', fields = {}, write }: JsonLogOptions = {}): JsonLog {
    const options = {
      level,
      base: {},
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'error',
      // Errors have become plain objects by then.
      serializers: { error: (error: unknown) => error },
      formatters: { level: (label: string) => ({ level: label }), log: redactFields, bindings: redactFields },
    };
    const logger = write === undefined ? pino(options) : pino(options, { write });
    return new JsonLog(logger.child(redactFields(fields)));
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#logger.debug(fields, redactText(message));
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(fields, redactText(message));
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(fields, redactText(message));
  }

  error(message: string, fields: LogFields = {}): void {
    this.#logger.error(fields, redactText(message));
  }

  child(fields: LogFields): JsonLog {
    return new JsonLog(this.#logger.child(redactFields(fields)));
  }
}
