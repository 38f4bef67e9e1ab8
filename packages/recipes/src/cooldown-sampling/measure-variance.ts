/** How much more single gradients vary under weighting than under sampling, of the model as it is (README.md). */
import { CROSS_ENTROPY, domainShares, gradientVariances, imitate, type TokenRecord, trainedTokens } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';
import { type Measurement, weightedRecord } from '../sft/loop.js';
import { streamOf } from '../training/random-streams.js';
import type { CooldownConfig } from './config.js';
import type { Domains } from './domains.js';

/** Two gradients are the fewest that vary. */
const FEWEST_ROWS = 2;

/**
 * The loss of a row is the mean over its tokens. The same rows are taken every time, so that changes are those of the model.
 * @param temperature That of the comparison.
 */
export async function varianceRatio(
  { config, seed, signal }: RecipeContext<CooldownConfig>,
  { trainer, training }: Pick<Measurement, 'trainer' | 'training'>,
  { sizes, indices }: Domains,
  temperature: number,
): Promise<number> {
  const shares = domainShares(sizes, temperature);
  const norm = (records: readonly TokenRecord[]) =>
    trainer.gradientNorm(records.map(imitate), { spec: CROSS_ENTROPY, denominators: { crossEntropy: 1 }, signal });
  const joint: TokenRecord[] = [];
  const domains = [];
  for (const [domain, size] of sizes.entries()) {
    const drawn = rowsOf(indices, domain, Math.max(FEWEST_ROWS, config.variance_rows), seed).map((row) => {
      const record = training.record(row);
      return weightedRecord(record, 1 / Math.max(1, trainedTokens(record)));
    });
    const norms: number[] = [];
    for (const record of drawn) norms.push(await norm([record]));
    const meanNorm = await norm(drawn.map((record) => weightedRecord(record, 1 / drawn.length)));
    domains.push({ size, norms, meanNorm });
    joint.push(...drawn.map((record) => weightedRecord(record, (shares[domain] ?? 0) / drawn.length)));
  }
  const { sampling, weighting } = gradientVariances(domains, await norm(joint), temperature);
  return weighting / sampling;
}

/** So many rows of a domain, or all of fewer. */
function rowsOf(indices: readonly number[], domain: number, count: number, seed: number): number[] {
  const random = streamOf(seed, `cooldown-sampling variance ${domain}`);
  const keyed = indices.flatMap((of, row) => (of === domain ? [{ row, key: random.fork(String(row)).float() }] : []));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ row }) => row);
}
