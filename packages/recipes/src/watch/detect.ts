/**
 * Detectors of runs that go wrong without failing, as pure functions of the metrics of their steps. Each names its cause and
 * the values it saw. A detector whose metric a recipe does not report is silent.
 */
import type { Guards } from '@preheat/contracts';
import type { Alarm, Detector, StepMetrics } from './alarm.js';
import { rewardGap } from './reward-gap.js';

const IN_A_ROW = 3;
const MEDIAN_STEPS = 20;
/** Steps before the loss of a run has a level of its own. */
const SETTLED_STEPS = 8;

const valuesOf = (history: readonly StepMetrics[], metric: string, count: number): number[] =>
  history.slice(-count).flatMap((step) => step[metric] ?? []);

/** The last `count` values of a metric if each of them fits; else null. */
function run(
  history: readonly StepMetrics[],
  metric: string,
  count: number,
  fits: (value: number) => boolean,
): number[] | null {
  const values = valuesOf(history, metric, count);
  return values.length === count && values.every(fits) ? values : null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The gradient was dropped because it is no number, although there was something to learn. */
const nonFinite: Detector = (history) => {
  const learned = ({ trained_rows: rows = 0, trained_tokens: tokens = 0 }: StepMetrics) => rows + tokens > 0;
  const steps = history.slice(-IN_A_ROW);
  const isBroken = steps.length === IN_A_ROW && steps.every((step) => step['update_skipped'] === 1 && learned(step));
  if (!isBroken) return null;
  const cause = `the gradient of ${IN_A_ROW} steps in a row is NaN or infinite; lower the learning rate`;
  return { detector: 'non_finite', isWorthless: true, cause, evidence: { update_skipped: steps.length } };
};

const lossBlowUp: Detector = (history, { max_loss_ratio: bound }) => {
  if (bound === null) return null;
  const before = valuesOf(history.slice(0, -IN_A_ROW), 'train_loss', MEDIAN_STEPS);
  if (before.length < SETTLED_STEPS) return null;
  const level = median(before);
  const losses = level > 0 ? run(history, 'train_loss', IN_A_ROW, (loss) => loss > bound * level) : null;
  if (!losses) return null;
  const cause = `the loss left its level: above ${bound} times the median ${level.toPrecision(3)} for ${IN_A_ROW} steps`;
  return { detector: 'loss_blow_up', isWorthless: true, cause, evidence: { train_loss: losses, median: level, bound } };
};

/** A metric of one step above its bound. */
const above =
  (detector: string, metric: string, guard: keyof Guards, steps: number, cause: string): Detector =>
  (history, guards) => {
    const bound = guards[guard];
    if (typeof bound !== 'number') return null;
    const values = run(history, metric, steps, (value) => value > bound);
    return values && { detector, isWorthless: true, cause, evidence: { [metric]: values, bound } };
  };

const klBlowUp = above(
  'kl_blow_up',
  'approx_kl',
  'max_kl',
  1,
  'the update moved the policy too far from the one that sampled',
);
const referenceKlBlowUp = above(
  'kl_blow_up',
  'reference_kl',
  'max_reference_kl',
  1,
  'the policy left the weights that the phase started from',
);
const mismatch = above(
  'logprob_mismatch',
  'max_logprob_mismatch',
  'max_logprob_mismatch',
  1,
  'training and sampling compute other probabilities of the same tokens',
);
const graderErrors = above(
  'grader_errors',
  'grader_error_rate',
  'max_grader_error_rate',
  IN_A_ROW,
  'the grader fails on most completions, which are left out of training',
);

const zeroSignal: Detector = (history, { zero_signal_steps: steps }) => {
  if (steps === null || !run(history, 'frac_zero_variance', steps, (share) => share === 1)) return null;
  const rewards = valuesOf(history, 'train_mean_reward', steps);
  const cause = `in ${steps} steps in a row every completion of a prompt earned the same, so nothing was learned`;
  const evidence = { train_mean_reward: rewards, train_reward_std: valuesOf(history, 'train_reward_std', steps) };
  return { detector: 'zero_signal', isWorthless: true, cause, evidence };
};

/** Told and no more: completions that are all the same have no variance, which the detector above stops. */
const entropyCollapse: Detector = (history, { min_entropy: bound }) => {
  if (bound === null) return null;
  const values = run(history, 'sampled_entropy', IN_A_ROW, (entropy) => entropy < bound);
  const cause = 'the policy hardly varies its answers any more, so there is little left to compare';
  return (
    values && { detector: 'entropy_collapse', isWorthless: false, cause, evidence: { sampled_entropy: values, bound } }
  );
};

const DETECTORS: readonly Detector[] = [
  nonFinite,
  lossBlowUp,
  klBlowUp,
  referenceKlBlowUp,
  mismatch,
  graderErrors,
  zeroSignal,
  entropyCollapse,
  rewardGap,
];

/** What is wrong as of the newest step. @param history Oldest first. */
export function detect(history: readonly StepMetrics[], guards: Guards): Alarm[] {
  return DETECTORS.flatMap((detector) => detector(history, guards) ?? []);
}

/** What became wrong with the newest step and was not wrong before. */
export function newAlarms(history: readonly StepMetrics[], guards: Guards): Alarm[] {
  const known = new Set(detect(history.slice(0, -1), guards).map(({ detector }) => detector));
  return detect(history, guards).filter(({ detector }) => !known.has(detector));
}
