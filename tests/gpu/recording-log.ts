/** A log that keeps what is said, for tests of what the runner says. */
import type { Log, LogFields } from '@preheat/ports';

export function recordingLog(lines: { message: string; fields: LogFields }[]): Log {
  const keep = (message: string, fields: LogFields = {}) => {
    lines.push({ message, fields });
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return log;
}
