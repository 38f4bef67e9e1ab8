/** What is wrong with a step though it went through: said beside its metrics, because the run may go on. */

/**
 * Training and decoding are two programs of one model: in float32 their log-probabilities differ by rounding alone. A
 * larger difference means that the two do not compute the same policy, and that importance ratios are wrong.
 */
export const MAX_LOGPROB_MISMATCH = 1e-4;

export function stepWarnings(step: number, metrics: Readonly<Record<string, number>>): string[] {
  const mismatch = metrics['max_logprob_mismatch'] ?? 0;
  if (mismatch <= MAX_LOGPROB_MISMATCH) return [];
  const bound = `${MAX_LOGPROB_MISMATCH} is the bound in float32`;
  return [
    `Step ${step}: trainer and sampler differ by ${mismatch.toExponential(1)} in the log-probability of a token; ${bound}.`,
  ];
}
