/** The weights are broken: a probability came out as NaN or infinite, so every token drawn is meaningless. */
export class NonFiniteLogitsError extends Error {
  override readonly name = 'NonFiniteLogitsError';

  /** @param token index of the token in its row. */
  constructor(token: number, logProb: number, policyVersion: number) {
    super(
      `token ${token} of a row has log-probability ${logProb}: the weights (version ${policyVersion}) are not usable`,
    );
  }
}
