/**
 * What is known of a job before any compute: the report of `POST /v1/x/preflight`, the part of it that a job keeps as its
 * extension `preflight`, and the wishes a create request may state under the same name.
 */
import Type, { type Static, type TProperties } from 'typebox';
import { MAX_PHASES, PHASE_TYPES } from './pipeline.js';
import { Count, FileId, ModelName, Nullable, OneOf } from './primitives.js';
import { RunnerClassName } from './runner-class.js';

export const PreflightRequest = Type.Object(
  {
    sample_rows: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 32,
        default: 8,
        description: 'Rows that the model answers for the dry run of a grader; 0 leaves sampling out.',
      }),
    ),
    completions_per_row: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 16, default: 4, description: 'Completions sampled of each such row.' }),
    ),
    force: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Queue the job although an estimate speaks against it: rewards without variance, memory, budget. What is wrong with files or graders is refused all the same.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type PreflightRequest = Static<typeof PreflightRequest>;

const Share = Type.Number({ minimum: 0, maximum: 1 });
const Amount = Type.Number({ minimum: 0 });
/** Both ends are meant: nothing is known more precisely. */
const Range = Type.Object({ low: Amount, high: Amount });
export type PreflightRange = Static<typeof Range>;
const Line = Type.Integer({ minimum: 1 });

const dataSummary = {
  rows: Count,
  /** Rows whose tokens were counted; where they are fewer than `rows`, totals are scaled up. */
  tokenised_rows: Count,
  tokens: Type.Object({
    total: Count,
    mean: Amount,
    p50: Count,
    p95: Count,
    max: Count,
    /** That carry loss, once rows are cut; 0 in reinforcement phases, where the completions do. */
    trained: Count,
  }),
  max_sequence_length: Count,
  truncated_rows: Count,
  truncated_tokens: Count,
  /** Rows in which nothing is left to learn from. */
  untrained_rows: Count,
  /** Rows whose conversation an earlier row of the file has already. */
  duplicate_rows: Count,
  /** Of a validation file: rows whose conversation the training file has too. */
  rows_in_training: Nullable(Count),
};
export const PreflightDataSummary = Type.Object(dataSummary);
export type PreflightDataSummary = Static<typeof PreflightDataSummary>;

export const PreflightProblem = Type.Object({
  line: Line,
  /** Of the field, dotted; empty for the whole row. */
  path: Type.String({ maxLength: 512 }),
  code: Type.String({ maxLength: 64 }),
  message: Type.String({ maxLength: 4096 }),
  /** A right row. */
  example: Type.String({ maxLength: 1024 }),
});
export type PreflightProblem = Static<typeof PreflightProblem>;

export const PreviewToken = Type.Object({
  id: Count,
  text: Type.String({ maxLength: 4096 }),
  trained: Type.Boolean(),
  /** Of the token in the loss. */
  weight: Amount,
});
export type PreviewToken = Static<typeof PreviewToken>;

const LineOfEarlier = Type.Object({ line: Line, same_as_line: Line });
const lines = (maxItems: number) => Type.Array(Line, { maxItems });
/** Entries of each list in a report; the counts beside them count everything. */
export const MAX_REPORTED = 20;
export const MAX_PREVIEW_TOKENS = 512;

export const PreflightData = Type.Object({
  file: FileId,
  filename: Type.String({ maxLength: 255 }),
  ...dataSummary,
  problem_count: Count,
  problems: Type.Array(PreflightProblem, { maxItems: MAX_REPORTED }),
  longest_rows: Type.Array(Type.Object({ line: Line, tokens: Count }), { maxItems: MAX_REPORTED }),
  truncated_lines: lines(MAX_REPORTED),
  untrained_lines: lines(MAX_REPORTED),
  duplicates: Type.Array(LineOfEarlier, { maxItems: MAX_REPORTED }),
  in_training: Type.Array(LineOfEarlier, { maxItems: MAX_REPORTED }),
  preview: Type.Array(
    Type.Object({
      line: Line,
      tokens: Type.Array(PreviewToken, { maxItems: MAX_PREVIEW_TOKENS }),
      /** Tokens of the row that are not shown. */
      omitted_tokens: Count,
    }),
    { maxItems: MAX_REPORTED },
  ),
});
export type PreflightData = Static<typeof PreflightData>;

const rewardSummary = {
  /** Rows the grader was run on. */
  rows: Count,
  completions_per_row: Count,
  /** Why the model answered no row; the grader was then run on empty answers, and the rewards say nothing. */
  not_sampled: Nullable(Type.String({ maxLength: 1024 })),
  mean: Nullable(Type.Number()),
  /** Mean over the rows of the variance within each. */
  variance: Nullable(Amount),
  zero_variance_share: Nullable(Share),
  /** Answers that the grader could not grade. */
  flagged: Count,
};
export const PreflightRewardSummary = Type.Object(rewardSummary);
export type PreflightRewardSummary = Static<typeof PreflightRewardSummary>;

export const PreflightRewards = Type.Object({
  ...rewardSummary,
  grader_errors: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: MAX_REPORTED }),
  sampled_rows: Type.Array(
    Type.Object({
      line: Line,
      rewards: Type.Array(Nullable(Type.Number()), { maxItems: 16 }),
      mean: Nullable(Type.Number()),
      variance: Nullable(Amount),
      /** One of the completions. */
      completion: Type.String({ maxLength: 1024 }),
    }),
    { maxItems: 32 },
  ),
});
export type PreflightRewards = Static<typeof PreflightRewards>;

/** In bytes; the sum of the parts is `total`. */
const Memory = Type.Object({
  /** Of the policy and of a frozen reference, with the copies that lanes compute with. */
  weights: Count,
  optimizer: Count,
  gradients: Count,
  activations: Count,
  /** Of sampling, in reinforcement phases. */
  rollouts: Count,
  runtime: Count,
  total: Count,
  /** The largest micro-batch that this is for. */
  micro_batch: Type.Object({ rows: Count, length: Count }),
});
export type PreflightMemory = Static<typeof Memory>;

/** Of a GPU's machine, in bytes; the sum of the parts is `total`. */
const HostMemory = Type.Object({
  process: Count,
  model: Count,
  /** Of threads that decode completions there. */
  rollouts: Count,
  /** What is copied from the GPU at once. */
  checkpoint: Count,
  rows: Count,
  total: Count,
});

const phaseOf = <Data extends TProperties, Rewards extends TProperties>(data: Data, rewards: Rewards) => ({
  type: OneOf(PHASE_TYPES),
  algorithm: Type.String({ maxLength: 64 }),
  steps: Count,
  /** As usage will count them. */
  trained_tokens: Range,
  training: Type.Object(data),
  validation: Nullable(Type.Object(data)),
  rewards: Nullable(Type.Object(rewards)),
});

export const PreflightClass = Type.Object({
  runner_class: RunnerClassName,
  device: OneOf(['cpu', 'gpu']),
  memory_bytes: Count,
  /** Of the phase that needs most, with the micro-batches that the class would use. */
  needed: Memory,
  /** The other memory that a job on a GPU takes, of the phase that needs most of it; where the class states it. */
  host: Type.Optional(Type.Object({ memory_bytes: Count, needed: HostMemory })),
  fits: Type.Boolean(),
  /** Null where the job does not fit. */
  train_seconds: Nullable(Range),
  cost: Nullable(Range),
  /** What time and cost are derived from. */
  basis: Type.String({ maxLength: 1024 }),
});
export type PreflightClass = Static<typeof PreflightClass>;

const estimate = {
  trained_tokens: Range,
  classes: Type.Array(PreflightClass, { maxItems: 16 }),
};
const Warnings = Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 64 });

/** What a job keeps. */
export const PreflightSummary = Type.Object({
  ...estimate,
  warnings: Warnings,
  phases: Type.Array(Type.Object(phaseOf(dataSummary, rewardSummary)), { maxItems: MAX_PHASES }),
});
export type PreflightSummary = Static<typeof PreflightSummary>;

export const PreflightReport = Type.Object({
  object: Type.Literal('preflight'),
  model: ModelName,
  /** Whether a job of this request would be queued. */
  ready: Type.Boolean(),
  /** What creating the job would be refused with, the first one first. */
  errors: Type.Array(
    Type.Object({
      message: Type.String({ maxLength: 65_536 }),
      type: Type.String({ maxLength: 64 }),
      param: Nullable(Type.String({ maxLength: 512 })),
      code: Nullable(Type.String({ maxLength: 64 })),
    }),
    { maxItems: 64 },
  ),
  ...estimate,
  warnings: Warnings,
  phases: Type.Array(Type.Object(phaseOf(PreflightData.properties, PreflightRewards.properties)), {
    maxItems: MAX_PHASES,
  }),
});
export type PreflightReport = Static<typeof PreflightReport>;
