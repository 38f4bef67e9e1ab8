/**
 * Supervised training on domains of unequal sizes (README.md), balanced by a temperature that falls on the way: by how often
 * rows are drawn, or, as the control, by how much they weigh.
 */
import { DomainSampler, domainWeights, weightingVariance } from '@preheat/nn';
import { phaseSteps } from '../catalog/training-keys.js';
import type { RecipeContext } from '../recipe.js';
import { supervisedLoop } from '../sft/loop.js';
import { streamOf } from '../training/random-streams.js';
import type { CooldownConfig } from './config.js';
import { type Domains, domainsOf, smallestOf } from './domains.js';
import { varianceRatio } from './measure-variance.js';

/** Rows stay the same through a phase, and counting them is not free. */
const known = new WeakMap<object, Domains>();

function domainsIn({ trainingRows, config }: RecipeContext<CooldownConfig>): Domains {
  const found = known.get(trainingRows) ?? domainsOf(trainingRows, config.domain_key);
  known.set(trainingRows, found);
  return found;
}

/** The temperature of a draw. Every step draws as many rows. */
function temperatureAt({ config, trainingRows }: RecipeContext<CooldownConfig>, drawn: number): number {
  const steps = phaseSteps(config, trainingRows.length);
  const isCool = drawn >= config.cooldown_at * steps * config.batch_size;
  return isCool ? config.end_temperature : config.start_temperature;
}

/** The temperature that the arms are compared at: the same in every step, so that what is measured can be. */
const comparedAt = ({ start_temperature, end_temperature }: CooldownConfig): number =>
  Math.max(start_temperature, end_temperature);

export const cooldownSampling = supervisedLoop<CooldownConfig>({
  name: 'cooldown-sampling',
  order: (ctx) =>
    new DomainSampler(domainsIn(ctx).names, streamOf(ctx.seed, 'cooldown-sampling rows'), {
      batchSize: ctx.config.batch_size,
      temperatureAt: (drawn) => (ctx.config.balance === 'sampling' ? temperatureAt(ctx, drawn) : 1),
    }),
  measure: async (ctx, { step, totalSteps, ...parts }) => {
    const { variance_rows: rows, eval_interval: interval } = ctx.config;
    if (rows === 0 || (step % interval !== 0 && step < totalSteps)) return {};
    const ratio = await varianceRatio(ctx, parts, domainsIn(ctx), comparedAt(ctx.config));
    return Number.isFinite(ratio) ? { measured_variance_factor: ratio } : {};
  },
  weigh: (ctx, { rows, epoch, offset }) => {
    const { sizes, indices } = domainsIn(ctx);
    const temperature = temperatureAt(ctx, epoch * indices.length + offset);
    const byDomain = domainWeights(sizes, temperature);
    const smallest = smallestOf(sizes);
    const fromSmallest = rows.reduce((sum, row) => sum + (indices[row] === smallest ? 1 : 0), 0);
    return {
      weights: ctx.config.balance === 'weighting' ? Array.from(rows, (row) => byDomain[indices[row] ?? 0] ?? 1) : null,
      metrics: {
        domain_temperature: temperature,
        smallest_domain_share: fromSmallest / rows.length,
        weighting_variance_factor: weightingVariance(sizes, temperature),
      },
    };
  },
});
