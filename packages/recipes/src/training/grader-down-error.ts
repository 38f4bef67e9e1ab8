/** The grader answered for no completion of a step: training on nothing would only cost. A later attempt may find it well. */
export class GraderDownError extends Error {
  override readonly name = 'GraderDownError';

  constructor(reason: string) {
    super(`The grader graded none of the completions. The first failure: ${reason}`);
  }
}
