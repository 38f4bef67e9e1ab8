/** What a recipe watches its policy for, such as a class of answers that dies out; a phase may end by it. */

export interface Observation {
  readonly metrics: Readonly<Record<string, number>>;
  /** What is wrong with the step, in one clause; null when nothing is. */
  readonly complaint: string | null;
  /** Complaints in a row that end the phase; Infinity never does. */
  readonly patience: number;
}

export interface Watched {
  readonly metrics: Readonly<Record<string, number>>;
  /** In a row, this step included. */
  readonly complaints: number;
  /** Whether the phase ends with this step. */
  readonly isEnough: boolean;
  /** Behind the message of the step that ends the phase. */
  readonly ending: string;
  /** The complaint, told once when it begins. */
  readonly warnings: readonly string[];
}

const NOTHING: Observation = { metrics: {}, complaint: null, patience: Number.POSITIVE_INFINITY };

/** @param before Complaints in a row up to the step before. */
export function watch({ metrics, complaint, patience }: Observation = NOTHING, before: number): Watched {
  const complaints = complaint === null ? 0 : before + 1;
  const isEnough = complaint !== null && complaints >= patience;
  return {
    metrics,
    complaints,
    isEnough,
    ending: isEnough ? `; the phase ends: ${complaint}` : '',
    warnings: complaint !== null && before === 0 ? [`${complaint}.`] : [],
  };
}
