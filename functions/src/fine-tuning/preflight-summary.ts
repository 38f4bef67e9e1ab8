/** What a job keeps of its preflight: numbers, no rows. */
import type { PreflightData, PreflightDataSummary, PreflightReport, PreflightSummary } from '@preheat/contracts';

export function preflightSummary({ trained_tokens, classes, warnings, phases }: PreflightReport): PreflightSummary {
  return {
    trained_tokens,
    classes,
    warnings,
    phases: phases.map(({ training, validation, rewards, ...phase }) => {
      const { grader_errors: _errors, sampled_rows: _rows, ...summary } = rewards ?? NONE;
      return {
        ...phase,
        training: withoutRows(training),
        validation: validation && withoutRows(validation),
        rewards: rewards && summary,
      };
    }),
  };
}

const NONE = {} as NonNullable<PreflightReport['phases'][number]['rewards']>;

function withoutRows(data: PreflightData): PreflightDataSummary {
  const { rows, tokenised_rows, tokens, max_sequence_length, truncated_rows, truncated_tokens } = data;
  const { untrained_rows, duplicate_rows, rows_in_training } = data;
  return {
    ...{ rows, tokenised_rows, tokens, max_sequence_length, truncated_rows, truncated_tokens },
    ...{ untrained_rows, duplicate_rows, rows_in_training },
  };
}
