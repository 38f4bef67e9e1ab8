/** A value, or the reason there is none. Graders never throw on what a model wrote or a row holds: they flag it. */
export type ErrorFlag =
  | 'formula_parse_error'
  | 'sample_parse_error'
  | 'truncated_observation_error'
  | 'invalid_variable_error'
  | 'other_error';

export interface Flagged {
  readonly ok: false;
  /** One of OpenAI's grader error flags. */
  readonly flag: ErrorFlag;
  readonly message: string;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Flagged;

export const success = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const flagged = (flag: ErrorFlag, message: string): Flagged => ({ ok: false, flag, message });
