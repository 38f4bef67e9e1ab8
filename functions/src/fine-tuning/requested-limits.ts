/** The limits of a job from the extensions `budget` and `scheduling` of its request. */
import type { JobLimits } from '@preheat/contracts';
import { invalidRequest } from '../validation/validator-compiler.js';
import type { CreateJobRequest } from './job-request.js';

const milliseconds = (seconds: number): number => Math.max(1, Math.round(seconds * 1000));

/** @throws ApiError `invalid_request` for a deadline that has passed. */
export function requestedLimits({ budget, scheduling }: CreateJobRequest, nowMs: number): JobLimits {
  const {
    max_train_seconds: trainSeconds = null,
    max_tokens: maxTokens = null,
    max_cost: maxCost = null,
  } = budget ?? {};
  const deadline = scheduling?.deadline ?? null;
  const deadlineMs = deadline === null ? null : deadline * 1000;
  if (deadlineMs !== null && deadlineMs <= nowMs) {
    const message = `must be a Unix time in seconds that is still to come (it is ${Math.floor(nowMs / 1000)} now)`;
    throw invalidRequest({ path: 'scheduling.deadline', message });
  }
  return {
    maxTrainMs: trainSeconds === null ? null : milliseconds(trainSeconds),
    maxTokens,
    maxCost,
    deadlineMs,
  };
}
