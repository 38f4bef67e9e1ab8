/**
 * Learning rate as a pure function of the step, so that a resumed run needs nothing but the step number.
 * Linear warm-up to the peak, then constant or a half cosine down to a fraction of the peak.
 */
export interface LearningRateSchedule {
  /** Highest learning rate, reached at the end of the warm-up. */
  readonly peak: number;
  /** Steps of linear warm-up; step 0 already moves. */
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly decay: 'cosine' | 'constant';
  /** Fraction of the peak that the cosine ends at. Default 0.1. */
  readonly floorRatio?: number;
}

/** The learning rate of step `step` (0 is the first). Steps past the end stay at the floor. */
export function learningRateAt(step: number, schedule: LearningRateSchedule): number {
  const { peak, warmupSteps, totalSteps, decay, floorRatio = 0.1 } = schedule;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  if (decay === 'constant') return peak;
  const span = Math.max(1, totalSteps - warmupSteps);
  const progress = Math.min(1, (step - warmupSteps) / span);
  return peak * (floorRatio + (1 - floorRatio) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
