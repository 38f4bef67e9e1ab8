/** OpenAI's `method` of a fine-tuning job and its hyperparameters; every field is `"auto"` or a bounded number. */
import Type, { type Static } from 'typebox';
import { GraderSpec } from './grader.js';
import { Auto, OneOf } from './primitives.js';

const autoOr = <const S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([Auto, schema]);

const epochs = autoOr(Type.Integer({ minimum: 1, maximum: 50 }));
const batchSize = autoOr(Type.Integer({ minimum: 1, maximum: 256 }));
const learningRateMultiplier = autoOr(Type.Number({ exclusiveMinimum: 0, maximum: 1000 }));

export const SupervisedHyperparameters = Type.Object({
  n_epochs: Type.Optional(epochs),
  batch_size: Type.Optional(batchSize),
  learning_rate_multiplier: Type.Optional(learningRateMultiplier),
});

export const DpoHyperparameters = Type.Object({
  n_epochs: Type.Optional(epochs),
  batch_size: Type.Optional(batchSize),
  learning_rate_multiplier: Type.Optional(learningRateMultiplier),
  beta: Type.Optional(autoOr(Type.Number({ exclusiveMinimum: 0, maximum: 2 }))),
});

export const ReinforcementHyperparameters = Type.Object({
  n_epochs: Type.Optional(epochs),
  batch_size: Type.Optional(batchSize),
  learning_rate_multiplier: Type.Optional(learningRateMultiplier),
  compute_multiplier: Type.Optional(autoOr(Type.Number({ exclusiveMinimum: 1e-5, maximum: 10 }))),
  eval_interval: Type.Optional(autoOr(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
  eval_samples: Type.Optional(autoOr(Type.Integer({ minimum: 1, maximum: 1_000 }))),
  reasoning_effort: Type.Optional(OneOf(['default', 'low', 'medium', 'high'])),
});

const CLOSED = { additionalProperties: false };

/** Which hyperparameters a recipe takes beside OpenAI's is its own schema's to say. */
export const Method = Type.Object(
  {
    type: OneOf(['supervised', 'reinforcement', 'dpo']),
    supervised: Type.Optional(Type.Object({ hyperparameters: Type.Optional(SupervisedHyperparameters) }, CLOSED)),
    dpo: Type.Optional(Type.Object({ hyperparameters: Type.Optional(DpoHyperparameters) }, CLOSED)),
    reinforcement: Type.Optional(
      Type.Object(
        {
          grader: GraderSpec,
          hyperparameters: Type.Optional(ReinforcementHyperparameters),
          /** Extension: the recipe that runs the phase; `grpo` unless said. */
          algorithm: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        },
        CLOSED,
      ),
    ),
  },
  CLOSED,
);
export type Method = Static<typeof Method>;
