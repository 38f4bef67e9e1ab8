/** A grade as if one part of its multi grader had been the whole: a failure of another part says nothing about it. */
import { invariant } from '@preheat/contracts';
import { errorsOf, type GradeResult } from './grade.js';

/** @param part Variable name of the part; the grader's own name where it is not a multi. */
export function gradeOfPart(grade: GradeResult, part: string): GradeResult {
  const outcome = Object.hasOwn(grade.leaves, part) ? grade.leaves[part]?.outcome : undefined;
  invariant(outcome, `the grader has no part ${part}`);
  const failures = outcome.ok ? [] : [outcome];
  return {
    ...grade,
    reward: outcome.ok ? outcome.value : 0,
    isFlagged: !outcome.ok,
    errors: errorsOf(failures),
    errorMessages: failures.map(({ message }) => message),
  };
}
