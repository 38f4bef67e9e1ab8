/** A log line of the platform as a person reads it: time of day, level where it matters, message, then the rest as `key=value`. */
import { printable } from '../printable.js';

const QUIET_LEVELS = new Set(['debug', 'info']);
/** Told by the line's prefix, and by the line itself. */
const LEFT_OUT = new Set(['time', 'level', 'message', 'program', 'runnerId']);

/** The line itself when it is none of ours, as those of libraries and of Node. */
export function logText(line: string): string {
  const entry = entryOf(line);
  if (entry === undefined) return line;
  const { time, level, message } = entry;
  const rest = Object.entries(entry)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const shown = QUIET_LEVELS.has(level) ? [] : [level.toUpperCase()];
  return [new Date(time).toLocaleTimeString('en-GB'), ...shown, ...[message, ...rest].map(printable)].join(' ');
}

interface Entry extends Readonly<Record<string, unknown>> {
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

function entryOf(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<Entry>;
    const isEntry = [value.time, value.level, value.message].every((part) => typeof part === 'string');
    return isEntry && !Number.isNaN(Date.parse(value.time ?? '')) ? (value as Entry) : undefined;
  } catch {
    return undefined; // Cut short, or somebody else's: shown as it is.
  }
}
