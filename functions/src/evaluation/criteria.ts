/** The testing criteria of an eval: compiled, proven to work here, and with the threshold from which an item passes. */
import { type CreateEval, type TestingCriterion } from '@preheat/contracts';
import { type CompiledGrader, compileGrader, type GraderPool } from '@preheat/graders';
import { firstProblem } from '../fine-tuning/first-problem.js';
import { refuseUnprovenGrader } from '../fine-tuning/prove-grader.js';

/** The criteria with their thresholds said. @throws ApiError `invalid_grader` or `invalid_request` naming the criterion. */
export async function checkCriteria(
  { testing_criteria: criteria }: Pick<CreateEval, 'testing_criteria'>,
  graders: GraderPool,
  projectId: string,
): Promise<TestingCriterion[]> {
  const names = new Set<string>();
  const checked: TestingCriterion[] = [];
  for (const [index, criterion] of criteria.entries()) {
    const path = `testing_criteria.${index}`;
    const compiled = compileGrader(criterion, path);
    if (!compiled.ok) throw firstProblem('invalid_grader', compiled.problems);
    await refuseUnprovenGrader(compiled.value, { pool: graders, projectId, path });
    if (names.has(criterion.name)) {
      throw firstProblem('invalid_request', [{ path: `${path}.name`, message: `'${criterion.name}' is used twice` }]);
    }
    names.add(criterion.name);
    checked.push(withThreshold(criterion, compiled.value, path));
  }
  return checked;
}

/**
 * Checks and labels score 0 or 1 and need no threshold. OpenAI does not say from where a python or score_model criterion
 * without one passes; here it is full marks, the top of its range, as for a task, and the eval reads back with it.
 */
function withThreshold(criterion: TestingCriterion, { grader }: CompiledGrader, path: string): TestingCriterion {
  if (criterion.pass_threshold !== undefined) return criterion;
  switch (grader.type) {
    case 'string_check':
    case 'label_model':
      return criterion;
    case 'python':
    case 'task':
      return { ...criterion, pass_threshold: 1 };
    case 'score_model':
      return { ...criterion, pass_threshold: grader.range?.[1] ?? 1 };
    default: {
      const message = `is required: ${grader.type} gives a score, and the threshold decides from where an item passes`;
      throw firstProblem('invalid_request', [{ path: `${path}.pass_threshold`, message }]);
    }
  }
}
