/** No token of the model continues a constrained answer: its vocabulary cannot write what the constraint asks for. */
export class NoTokenAllowedError extends Error {
  override readonly name = 'NoTokenAllowedError';

  /** @param position of the token in the answer. */
  constructor(position: number) {
    super(`no token of the model may come at position ${position} of the answer`);
  }
}
