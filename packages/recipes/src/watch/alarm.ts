/** What detectors read and what they find. */
import type { Guards } from '@preheat/contracts';

/** The metrics of one step; `step` counts within the phase. */
export type StepMetrics = Readonly<Record<string, number>>;

export interface Alarm {
  readonly detector: string;
  /** Going on would only cost: no later step is expected to mend it. */
  readonly isWorthless: boolean;
  readonly cause: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** @param history Oldest first. */
export type Detector = (history: readonly StepMetrics[], guards: Guards) => Alarm | null;
