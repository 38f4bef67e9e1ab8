/**
 * How often domains of unequal sizes are drawn ("Upsample or Upweight?", Li et al. 2024, arXiv 2410.04579): at temperature 1
 * in proportion to their sizes, at higher ones ever more evenly.
 */

/** p(i; τ) = |D_i|^(1/τ) / Σ_j |D_j|^(1/τ). Sizes are positive, τ at least 1. */
export function domainShares(sizes: readonly number[], temperature: number): number[] {
  const powers = sizes.map((size) => size ** (1 / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Weights that make rows drawn in proportion count as if drawn at τ: p(i; τ) / p(i; 1). Their mean over rows is 1. */
export function domainWeights(sizes: readonly number[], temperature: number): number[] {
  const plain = domainShares(sizes, 1);
  return domainShares(sizes, temperature).map((share, i) => share / (plain[i] ?? 1));
}

/**
 * By how much weighting has a larger gradient variance than drawing at the same temperature, as far as it depends on the
 * sizes: Σ p(i; τ)² / p(i; 1). It is 1 at τ = 1 and grows with τ and with skew.
 */
export function weightingVariance(sizes: readonly number[], temperature: number): number {
  const plain = domainShares(sizes, 1);
  return domainShares(sizes, temperature).reduce((sum, share, i) => sum + share ** 2 / (plain[i] ?? 1), 0);
}
