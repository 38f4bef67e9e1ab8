/** What a row of the bench is made of: sides that do the same work, and which of them are compared. */

/** One process that does the work and prints one JSON line. */
export interface Side {
  /** Unique within a match. */
  readonly id: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Multiplies the metric: a peer over two processes counts the work of one. */
  readonly scale?: number;
  /** Why it cannot run here; its comparisons are then printed as not run. */
  readonly missing?: string;
}

export interface Metric {
  /** Key in the line a side prints, or one the driver measures: `first_line_s`, `peak_rss_mib`. */
  readonly key: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
}

export interface Comparison {
  readonly peer: string;
  /** Splits of the same peer over processes and threads: the better one counts. */
  readonly sides: readonly string[];
  /** Ratio wanted, ours over the peer; null where none is promised. */
  readonly goal: number | null;
}

export interface Match {
  readonly id: string;
  readonly title: string;
  readonly metric: Metric;
  /** Values of the line that are reported beside the metric. */
  readonly beside?: readonly string[];
  /** The first is ours. */
  readonly sides: readonly Side[];
  readonly comparisons: readonly Comparison[];
  /** Called before the first run: writes a model that both sides read. */
  readonly prepare?: () => void;
}

export const OURS = 'ours';
