/** What a grader may read: the model's answer (`sample.*`) and the row's keys (`item.*`). Nothing else exists for it. */
export interface GraderSample {
  /** Absent for a row that brought no answer: what reads it is flagged. */
  readonly output_text?: string;
  /** The answer parsed as JSON. When absent and a template asks for it, `output_text` is parsed. */
  readonly output_json?: unknown;
  readonly output_tools?: unknown;
  readonly choices?: unknown;
}

export const SAMPLE_KEYS = ['output_text', 'output_json', 'output_tools', 'choices'] as const;

export interface GradingContext {
  readonly sample: GraderSample;
  readonly item: Readonly<Record<string, unknown>>;
}
