/** `method` as a single-phase job answers with it: OpenAI's fields, with what `"auto"` became. */
import type { GraderSpec, Method, PhaseType } from '@preheat/contracts';
import { DEFAULT_RECIPES } from '@preheat/recipes/catalog';

const FIELDS = {
  supervised: ['n_epochs', 'batch_size', 'learning_rate_multiplier'],
  preference: ['n_epochs', 'batch_size', 'learning_rate_multiplier', 'beta'],
  reinforcement: [
    'n_epochs',
    'batch_size',
    'learning_rate_multiplier',
    'compute_multiplier',
    'eval_interval',
    'eval_samples',
  ],
} as const satisfies Record<PhaseType, readonly string[]>;

export interface EffectivePhase {
  readonly type: PhaseType;
  readonly algorithm: string;
  readonly grader: GraderSpec | null;
  readonly config: Readonly<Record<string, unknown>>;
}

export function effectiveMethod({ type, algorithm, grader, config }: EffectivePhase): Method {
  const known = FIELDS[type].filter((field) => config[field] !== undefined);
  const hyperparameters = Object.fromEntries(known.map((field) => [field, config[field]]));
  if (type === 'preference') return { type: 'dpo', dpo: { hyperparameters } };
  if (type === 'supervised' || grader === null) return { type: 'supervised', supervised: { hyperparameters } };
  const extension = algorithm === DEFAULT_RECIPES.reinforcement ? {} : { algorithm };
  const reinforcement = { grader, hyperparameters: { ...hyperparameters, reasoning_effort: 'default' as const } };
  return { type: 'reinforcement', reinforcement: { ...reinforcement, ...extension } };
}
