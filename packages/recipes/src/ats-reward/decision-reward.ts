/**
 * The reward of a decision in several parts (after "Custom Reward Functions for Job Application Evaluation", 2025). Its form
 * is a reconstruction: only the kinds of parts, and that large penalties fail, are published.
 */
import type { AtsConfig } from './config.js';

export interface Decision {
  /** Null when the grader failed: such an answer earns nothing and is compared with nothing. */
  readonly isRight: boolean | null;
  readonly selects: boolean;
  /** Scores in [0, 1] by the name of the part; those that are not graded count 0. */
  readonly parts: Readonly<Record<string, number>>;
}

export type DecisionOptions = Pick<
  AtsConfig,
  'label_weight' | 'evidence_weight' | 'calibration_weight' | 'format_weight' | 'false_select_penalty'
>;

/** `label·right + evidence·e + calibration·c + format·f − penalty·[selects wrongly]`. */
export function decisionReward({ isRight, selects, parts }: Decision, options: DecisionOptions): number | null {
  if (isRight === null) return null;
  const { evidence = 0, calibration = 0, format = 0 } = parts;
  const graded =
    options.evidence_weight * evidence + options.calibration_weight * calibration + options.format_weight * format;
  if (isRight) return options.label_weight + graded;
  return selects ? graded - options.false_select_penalty : graded;
}

/** Whether an answer, what follows the last `#` or else the whole text, begins with the mark. */
export function selectsBy(text: string, mark: string): boolean {
  return text
    .slice(text.lastIndexOf('#') + 1)
    .trimStart()
    .startsWith(mark);
}
