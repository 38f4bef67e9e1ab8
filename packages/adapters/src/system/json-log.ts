/**
 * A Log that writes one JSON object a line, through pino. Secrets are removed by field name at any of the depths
 * they occur in here: a key that reaches a log has leaked for good.
 */
import { pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import type { Log, LogFields, LogLevel } from '@preheat/ports';

export interface JsonLogOptions {
  readonly level?: LogLevel;
  /** In every line: the program's name, a runner's id, a request's id. */
  readonly fields?: LogFields;
  /** Receives each line with its newline. Standard output unless given. */
  readonly write?: (line: string) => void;
}

/** Lower case; compared without regard to case, "-" and "_". */
const SECRET_NAMES = new Set(['authorization', 'apikey', 'xapikey', 'password', 'secretaccesskey', 'token', 'cookie']);
const REDACTED = '[redacted]';
const DEPTH_MAX = 4;

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
      formatters: { level: (label: string) => ({ level: label }), log: redact, bindings: redact },
    };
    const logger = write === undefined ? pino(options) : pino(options, { write });
    return new JsonLog(logger.child(redact(fields)));
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#logger.debug(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(fields, message);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#logger.error(fields, message);
  }

  child(fields: LogFields): JsonLog {
    return new JsonLog(this.#logger.child(redact(fields)));
  }
}

/** A copy without secrets; what lies deeper than DEPTH_MAX is left out. */
function redact(fields: LogFields): Record<string, unknown> {
  return redactObject(fields, DEPTH_MAX);
}

function redactObject(fields: LogFields, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecret(name) ? REDACTED : redactValue(value, depth)]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth === 0) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth - 1));
  return redactObject(value as LogFields, depth - 1);
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
}
