/** Decisions with a reward of several parts (README.md): the loop of GRPO, watched for a policy that selects nobody. */
import { grpoLoop } from '../grpo/loop.js';
import type { Observation } from '../grpo/observation.js';
import { type GradedCompletion, passes } from '../rollout/graded-completion.js';
import type { AtsConfig } from './config.js';
import { type Decision, decisionReward, selectsBy } from './decision-reward.js';

/** Name of the part of a multi grader that says whether the decision is right; any other grader is that part alone. */
const LABEL = 'label';

export const atsReward = grpoLoop<AtsConfig>({
  name: 'ats-reward',
  rewardsOf: (group, config) => group.map((graded) => decisionReward(decisionOf(graded, config), config)),
  observe: observed,
});

function decisionOf(graded: GradedCompletion, { pass_grade: passGrade, select_mark: mark }: AtsConfig): Decision {
  const { subRewards: parts } = graded.grade;
  const label = parts[LABEL];
  const isGraded = passes(graded, passGrade);
  const isRight = isGraded === null || label === undefined ? isGraded : label >= passGrade;
  return { isRight, selects: selectsBy(graded.text, mark), parts };
}

function observed(group: readonly GradedCompletion[], config: AtsConfig): Observation {
  const decisions = group.map((graded) => decisionOf(graded, config));
  const selected = decisions.filter(({ selects }) => selects);
  const share = selected.length / Math.max(1, decisions.length);
  const { collapse_fraction: least, collapse_steps: patience } = config;
  const known = decisions.filter(({ isRight }) => isRight !== null);
  return {
    metrics: {
      selected_fraction: share,
      false_select_fraction: selected.filter(({ isRight }) => isRight === false).length / Math.max(1, selected.length),
      decision_accuracy: known.filter(({ isRight }) => isRight).length / Math.max(1, known.length),
    },
    complaint:
      share < least ? `the policy selects ${(100 * share).toFixed(1)} % where ${100 * least} % is the least` : null,
    patience,
  };
}
