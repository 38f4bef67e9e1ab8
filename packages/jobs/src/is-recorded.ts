/**
 * Whether validations of a phase become runs of the job's eval. A checkpoint is made for each, so that the model that answered
 * can be called.
 */
import type { JobDocument } from '@preheat/contracts';

export function isRecorded({ evalId, phases }: JobDocument, phaseIndex: number): boolean {
  const isLastGraded = phaseIndex === phases.findLastIndex(({ grader }) => grader !== null);
  return evalId !== undefined && isLastGraded && phases[phaseIndex]?.validationFile !== null;
}
