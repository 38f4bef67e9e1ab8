/**
 * The eval that comes with every job that has a reinforcement phase: items like the rows of the last such phase, which makes the
 * model that the job ends with, and as its criterion what that phase is rewarded by. So every checkpoint can be judged by what
 * it was trained for, on rows that it was not trained on.
 */
import type { StoredEval } from '@preheat/contracts';
import type { CompiledGrader } from '@preheat/graders';
import { type EvalOf, timeIdOf, uniquePart } from '@preheat/jobs';
import { rewardCriterion } from '../evaluation/criteria.js';
import type { ItemShape } from './data/item-shape.js';

export type JobEvaluation = Pick<StoredEval, 'itemSchema' | 'testingCriteria'>;

interface RewardedPhase {
  readonly grader: CompiledGrader | null;
  readonly shape: ItemShape;
}

/** Of the phases of a job, whose rows were read; undefined where none has a grader. */
export function jobEvaluation(phases: readonly RewardedPhase[]): JobEvaluation | undefined {
  const { grader, shape } = phases.findLast((phase) => phase.grader !== null) ?? {};
  return grader && shape ? { itemSchema: shape.schema(), testingCriteria: [rewardCriterion(grader)] } : undefined;
}

/** Id and time follow from those of the job: a repeated create makes the same eval. */
export function evalOfJob(projectId: string, evaluation: JobEvaluation): EvalOf {
  return ({ jobId, reservedAtMs }) => ({
    schemaVersion: 1,
    id: timeIdOf('eval_', reservedAtMs, uniquePart(jobId)),
    projectId,
    createdAtMs: reservedAtMs,
    name: `Rewards of ${jobId}`,
    metadata: { fine_tuning_job_id: jobId },
    includeSampleSchema: true,
    ...evaluation,
  });
}
