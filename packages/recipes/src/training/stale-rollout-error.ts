/** A sample came from other weights than those just published: training on it would be silently off-policy. */
export class StaleRolloutError extends Error {
  override readonly name = 'StaleRolloutError';

  readonly expected: number;
  readonly found: number;

  constructor(expected: number, found: number) {
    super(`a rollout of policy version ${found} was returned where version ${expected} was asked for`);
    this.expected = expected;
    this.found = found;
  }
}
