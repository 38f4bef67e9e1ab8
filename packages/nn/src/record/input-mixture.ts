/**
 * Inputs that are not quite the tokens of a sequence: at each token some share of its embedding is that of another token,
 * such as what the model itself would have said there. What is predicted stays as it is.
 */

/** Arrays have the length of the sequence; entry `t` speaks about token `t` as it is read, so the last is never used. */
export interface InputMixture {
  /** What is mixed in. */
  readonly tokens: Int32Array;
  /** From 0, the sequence's own token, to 1, the other alone. */
  readonly share: Float32Array;
}
