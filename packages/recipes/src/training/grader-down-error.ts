/**
 * The grader answered for no completion of a step, or for too few to train on: training on nothing would only cost. A later
 * attempt may find it well.
 */
export class GraderDownError extends Error {
  override readonly name = 'GraderDownError';

  constructor(reason: string, graded = 'none of the completions') {
    super(`The grader graded ${graded}. The first failure: ${reason}`);
  }
}
