/**
 * How much single gradients vary where domains are drawn at a temperature, and where rows are drawn by size and weighed to the same
 * expectation ("Upsample or Upweight?", Li et al. 2024, arXiv 2410.04579, section 3), from gradients of some rows of each domain.
 */
import { invariant } from '@preheat/contracts';
import { domainShares } from './domain-temperature.js';

/** Of rows of one domain, drawn without replacement. */
export interface DomainGradients {
  /** Rows of the domain. */
  readonly size: number;
  /** ‖g‖ of each drawn row by itself; at least two, or the only row. */
  readonly norms: readonly number[];
  /** ‖mean g‖ of the drawn rows. */
  readonly meanNorm: number;
}

export interface GradientVariances {
  /** E‖g − ḡ‖² of one draw. */
  readonly sampling: number;
  readonly weighting: number;
}

/** @param jointNorm ‖Σ p(i; τ) · mean g of domain i‖, of the same rows. */
export function gradientVariances(
  domains: readonly DomainGradients[],
  jointNorm: number,
  temperature: number,
): GradientVariances {
  const sizes = domains.map(({ size }) => size);
  const [plain, shares] = [domainShares(sizes, 1), domainShares(sizes, temperature)];
  let [sampled, weighted, ofMean] = [0, 0, jointNorm ** 2];
  domains.forEach(({ size, norms, meanNorm }, i) => {
    const [share, drawn] = [shares[i] ?? 0, norms.length];
    invariant(drawn > 1 || (drawn === 1 && size === 1), `${drawn} gradients say nothing of a domain of ${size} rows`);
    const square = norms.reduce((sum, norm) => sum + norm ** 2, 0) / drawn;
    sampled += share * square;
    weighted += (share ** 2 / (plain[i] ?? 1)) * square;
    // The mean of some rows is off the mean of all, by nothing where none is left.
    const variance = drawn > 1 ? (drawn / (drawn - 1)) * (square - meanNorm ** 2) : 0;
    ofMean -= (share ** 2 * variance * (size - drawn)) / (drawn * size);
  });
  return { sampling: sampled - ofMean, weighting: weighted - ofMean };
}
