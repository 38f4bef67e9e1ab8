/**
 * The extension `guards` of a job: bounds beyond which a run is taken for worthless. Each has a vetted default; null turns
 * its detector off.
 */
import Type, { type Static } from 'typebox';
import { Nullable, OneOf } from './primitives.js';

const bound = (minimum: number, maximum: number, initial: number, description: string) =>
  Nullable(Type.Number({ minimum, maximum, default: initial, description }));
const steps = (initial: number, description: string) =>
  Nullable(Type.Integer({ minimum: 1, maximum: 64, default: initial, description }));

const properties = {
  action: OneOf(['pause', 'warn'], {
    default: 'pause',
    description: 'What happens to a run that became worthless: it is paused at its last checkpoint, or only told of.',
  }),
  max_loss_ratio: bound(1, 1e6, 5, 'Supervised loss over the median of the twenty steps before, three steps in a row.'),
  max_kl: bound(0, 1e6, 1, 'approx_kl of a step: nats per token between the policy and the one that sampled.'),
  max_reference_kl: bound(0, 1e6, 20, 'reference_kl of a step: nats per token from the start of the phase.'),
  zero_signal_steps: steps(20, 'Steps in a row in which every group of completions earned the same.'),
  min_entropy: bound(0, 100, 0.001, 'sampled_entropy in nats per token, three steps in a row; only told of.'),
  max_reward_gap: bound(
    0,
    1e6,
    0.1,
    'Rise of the training reward over five evaluations in which full_valid_mean_reward did not rise; only told of.',
  ),
  max_logprob_mismatch: bound(0, 100, 0.5, 'max_logprob_mismatch of a step: training and sampling disagree.'),
  max_grader_error_rate: bound(0, 1, 0.5, 'grader_error_rate, three steps in a row.'),
  first_step_seconds: bound(0.001, 86_400, 1_800, 'From the start of a runner on the job to its first finished step.'),
};

export const Guards = Type.Object(properties);
export type Guards = Static<typeof Guards>;

export const GuardsRequest = Type.Partial(Guards, { additionalProperties: false });
export type GuardsRequest = Static<typeof GuardsRequest>;

const DEFAULTS = Object.fromEntries(
  Object.entries(properties).map(([name, schema]) => {
    const { anyOf: [inner] = [schema] } = schema as { anyOf?: { default?: unknown }[] };
    return [name, (inner as { default?: unknown }).default];
  }),
) as Guards;

/** The guards in force: what was asked for over the defaults. */
export const guardsOf = (requested: GuardsRequest | null | undefined): Guards => ({ ...DEFAULTS, ...requested });
