/** A value, or the reason there is none. Graders never throw on what a model wrote or a row holds: they flag it. */
export type ErrorFlag =
  | 'formula_parse_error'
  | 'sample_parse_error'
  | 'truncated_observation_error'
  | 'invalid_variable_error'
  | 'other_error'
  | 'python_grader_server_error'
  | 'python_grader_runtime_error'
  | 'model_grader_server_error'
  | 'model_grader_refusal_error'
  | 'model_grader_parse_error';

export interface Flagged {
  readonly ok: false;
  /** One of OpenAI's grader error flags. */
  readonly flag: ErrorFlag;
  readonly message: string;
  /** The next attempt may go better: nothing that the sample, the row or the grader's own code did. */
  readonly isTransient?: boolean;
  /** No answer came in time; raises `unresponsive_reward_error` as well. */
  readonly isUnresponsive?: boolean;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Flagged;

export const success = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const flagged = (
  flag: ErrorFlag,
  message: string,
  kind: Pick<Flagged, 'isTransient' | 'isUnresponsive'> = {},
): Flagged => ({ ok: false, flag, message, ...kind });
