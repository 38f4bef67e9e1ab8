/** Durations, counts and times as a person reads them. */

/** `850ms`, `4.2s`, `3m 05s`, `2h 10m`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)}ms`;
  if (durationMs < 10_000) return `${(durationMs / 1_000).toFixed(1)}s`;
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(seconds / 3_600)}h ${String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0')}m`;
}

/** `950`, `3.2k`, `1.4M`. */
export function formatCount(count: number): string {
  if (count < 1_000) return String(Math.round(count));
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** `2026-01-31 09:05:00` in UTC. */
export function formatUnixSeconds(unixSeconds: number): string {
  return new Date(unixSeconds * 1_000).toISOString().replace('T', ' ').slice(0, 19);
}
