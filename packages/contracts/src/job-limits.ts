/** The extensions `budget` and `scheduling` of a job, as clients send them and as the store keeps them. */
import Type, { type Static } from 'typebox';
import { Count, ModelName, Nullable, OneOf, UnixSeconds } from './primitives.js';

const MAX_SECONDS = 10 ** 9;

/** At a limit the job ends as succeeded, with its best checkpoint. Only steps that a checkpoint captured count. */
export const BudgetRequest = Type.Object(
  {
    max_train_seconds: Type.Optional(
      Nullable(Type.Number({ exclusiveMinimum: 0, maximum: MAX_SECONDS, description: 'Seconds of training steps.' })),
    ),
    max_tokens: Type.Optional(
      Nullable(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Tokens trained on.' })),
    ),
    max_cost: Type.Optional(
      Nullable(Type.Number({ exclusiveMinimum: 0, maximum: 10 ** 9, description: 'In the currency of the prices.' })),
    ),
  },
  { additionalProperties: false },
);
export type BudgetRequest = Static<typeof BudgetRequest>;

export const MAX_PRIORITY = 100;

export const SchedulingRequest = Type.Object(
  {
    priority: Type.Optional(
      Type.Integer({
        minimum: -MAX_PRIORITY,
        maximum: MAX_PRIORITY,
        default: 0,
        description: 'Orders the waiting jobs of one project, the highest first; projects share runners evenly.',
      }),
    ),
    deadline: Type.Optional(
      Nullable(Type.Integer({ ...UnixSeconds, description: 'Unix time at which the job ends with what it has.' })),
    ),
  },
  { additionalProperties: false },
);
export type SchedulingRequest = Static<typeof SchedulingRequest>;

export const JobLimits = Type.Object({
  maxTrainMs: Nullable(Count),
  maxTokens: Nullable(Count),
  maxCost: Nullable(Type.Number({ minimum: 0 })),
  deadlineMs: Nullable(Count),
});
export type JobLimits = Static<typeof JobLimits>;

/** What training consumed up to a checkpoint, over the whole pipeline: steps that it contains, and nothing else. */
export const Usage = Type.Object({
  trainMs: Count,
  cost: Type.Number({ minimum: 0 }),
});
export type Usage = Static<typeof Usage>;

export const LIMIT_REASONS = ['max_train_seconds', 'max_tokens', 'max_cost', 'deadline'] as const;
export type LimitReason = (typeof LIMIT_REASONS)[number];

/** Losses of the platform that used up the attempts of a job: it ends with what it has. */
export const LOSS_REASONS = ['runner_lost', 'attempt_failed', 'model_damaged'] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** Whether a job ends early for what its platform lost, and not at a limit. */
export const isLoss = ({ reason }: EndedEarly): boolean => LOSS_REASONS.some((loss) => loss === reason);

/** Why a job ends before its last step; in the unit of the limit, which of losses is the attempts in a row without a checkpoint. */
export const EndedEarly = Type.Object({
  reason: OneOf([...LIMIT_REASONS, ...LOSS_REASONS]),
  limit: Type.Number(),
  used: Type.Number(),
  /** Steps trained by then. */
  step: Count,
});
export type EndedEarly = Static<typeof EndedEarly>;

/** The same on the wire, with the step and name of the checkpoint that the job ended with. */
export const PublicEndedEarly = Type.Object({
  ...EndedEarly.properties,
  checkpoint_step: Nullable(Count),
  checkpoint: Nullable(ModelName),
});

export const PublicBudget = Type.Object({
  max_train_seconds: Nullable(Type.Number()),
  max_tokens: Nullable(Count),
  max_cost: Nullable(Type.Number()),
});

export const PublicScheduling = Type.Object({
  priority: Type.Integer(),
  deadline: Nullable(UnixSeconds),
});

/** Captured forward progress: never queueing, loading or work that was lost. */
export const UsageMetrics = Type.Object({
  train_seconds: Type.Number({ minimum: 0 }),
  trained_tokens: Count,
  steps: Count,
  cost: Type.Number({ minimum: 0 }),
});
