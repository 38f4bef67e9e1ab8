/** All properties, as every seed is judged by them. */
import type { Property } from '../property.js';
import { acknowledgedSubmitIsNeverLost } from './acknowledged-submit-is-never-lost.js';
import { cancelledStaysCancelled } from './cancelled-stays-cancelled.js';
import { deadLettersAreTheDead } from './dead-letters-are-the-dead.js';
import { everyJobEnds } from './every-job-ends.js';
import { finishesAtMostOnce } from './finishes-at-most-once.js';
import { limitsHold } from './limits-hold.js';
import { metricsAreComplete } from './metrics-are-complete.js';
import { noOrphanSurvives } from './no-orphan-survives.js';
import { pausedStaysPaused } from './paused-stays-paused.js';
import { referencesAreComplete } from './references-are-complete.js';
import { runnersAreShared } from './runners-are-shared.js';
import { stepsNeverGoBack } from './steps-never-go-back.js';
import { usageIsCapturedProgress } from './usage-is-captured-progress.js';
import { weightsAreThoseOfTheStraightRun } from './weights-are-those-of-the-straight-run.js';
import { whatIsReferencedStays } from './what-is-referenced-stays.js';

export const PROPERTIES: readonly Property[] = [
  acknowledgedSubmitIsNeverLost,
  finishesAtMostOnce,
  cancelledStaysCancelled,
  pausedStaysPaused,
  stepsNeverGoBack,
  metricsAreComplete,
  referencesAreComplete,
  weightsAreThoseOfTheStraightRun,
  limitsHold,
  usageIsCapturedProgress,
  runnersAreShared,
  everyJobEnds,
  deadLettersAreTheDead,
  whatIsReferencedStays,
  noOrphanSurvives,
];
