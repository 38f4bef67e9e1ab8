/** When a crashed process is started again: at once at first, then ever later, and not for ever. Pure. */

export const FIRST_RESTART_DELAY_MS = 500;
export const MAX_RESTART_DELAY_MS = 30_000;
/** Crashes in a row after which restarting is pointless: about two minutes of trying. */
export const MAX_CRASHES = 8;
/** A process that lived this long was healthy: its crash is the first of a new row. */
export const HEALTHY_UPTIME_MS = 60_000;

export interface CrashRow {
  readonly crashes: number;
}

export type RestartDecision =
  | { readonly restart: true; readonly delayMs: number; readonly row: CrashRow }
  | { readonly restart: false };

/** What to do after a crash that followed `row` and an uptime of `uptimeMs`. */
export function decideRestart(row: CrashRow, uptimeMs: number): RestartDecision {
  const crashes = uptimeMs >= HEALTHY_UPTIME_MS ? 1 : row.crashes + 1;
  if (crashes > MAX_CRASHES) return { restart: false };
  const delayMs = Math.min(FIRST_RESTART_DELAY_MS * 2 ** (crashes - 1), MAX_RESTART_DELAY_MS);
  return { restart: true, delayMs, row: { crashes } };
}
