/** How far a run of seeds is, how fast, how long it will take, and from where it would go on. */
export interface Progress {
  readonly done: number;
  readonly seeds: number;
  readonly failed: number;
  readonly seconds: number;
  /** The first seed that is not done, with all before it. */
  readonly next: number;
}

export function progressLine({ done, seeds, failed, seconds, next }: Progress): string {
  const perSecond = done / seconds;
  const left = done < seeds ? `, ${duration((seeds - done) / perSecond)} left (--from ${next})` : '';
  return `${done} of ${seeds} seeds, ${failed} failed, ${perSecond.toFixed(1)} a second${left}`;
}

function duration(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
