/** The testing criteria of an eval: compiled, proven to work here, and with the threshold from which an item passes. */
import { type CreateEval, type Grader, type TestingCriterion } from '@preheat/contracts';
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

function withThreshold(criterion: TestingCriterion, { grader }: CompiledGrader, path: string): TestingCriterion {
  const threshold = criterion.pass_threshold ?? usualThreshold(grader);
  if (threshold !== undefined) return threshold === null ? criterion : { ...criterion, pass_threshold: threshold };
  const message = `is required: ${grader.type} gives a score, and the threshold decides from where an item passes`;
  throw firstProblem('invalid_request', [{ path: `${path}.pass_threshold`, message }]);
}

/** For graders that were made to reward, and may say nothing about passing. */
const HALF_MARKS = 0.5;

/** What a phase is rewarded by, as a criterion; it was compiled and proven with the phase. */
export function rewardCriterion({ grader }: CompiledGrader): TestingCriterion {
  const usual = usualThreshold(grader);
  const threshold = grader.pass_threshold ?? (usual === undefined ? HALF_MARKS : usual);
  return threshold === null ? { ...grader } : { ...grader, pass_threshold: threshold };
}

/**
 * From where an item passes when nobody says: null for checks and labels, whose scores of 0 and 1 need no threshold, and
 * undefined where no score is known to be the best. OpenAI does not say it of a python or score_model criterion; here it is
 * full marks, the top of its range, as for a task.
 */
function usualThreshold(grader: Grader): number | null | undefined {
  switch (grader.type) {
    case 'string_check':
    case 'label_model':
      return null;
    case 'python':
    case 'task':
      return 1;
    case 'score_model':
      return grader.range?.[1] ?? 1;
    default:
      return undefined;
  }
}
