/**
 * Relation propagation of Intuitive Fine-Tuning (Hua et al. 2024, arXiv 2405.11870, and the authors' code): how much each
 * token of a row counts by the loss of what follows it. README.md derives both functions.
 */

/** Losses of one row, token by token. */
export interface TokenLosses {
  /** −log π of every token; read only where it is trained. */
  readonly losses: ArrayLike<number>;
  /** 1: trained. Entry 0 is never trained, since nothing predicts it. */
  readonly trainMask: ArrayLike<number>;
}

/**
 * `w_t = n · s_t / Σ s` with the discounted loss from t on, `s_t = ℓ_t + γ s_{t+1}`, over the n trained tokens: 0 where
 * nothing is trained, with the mean 1 where something is. γ = 0, or no loss at all, leaves every token at 1.
 */
export function propagatedWeights({ losses, trainMask }: TokenLosses, decay: number): Float32Array {
  const own = ownLosses({ losses, trainMask });
  return normalised(decay === 0 ? null : suffixSums(own, decay), trainMask);
}

/**
 * The weights whose gradient is that of `Σ w ℓ` when w itself is differentiated:
 * `n/S · (s_t + p_t − L q_t)`, where p is the discounted loss up to t, q the discounted count up to t, S = Σ s and
 * L = Σ s ℓ / S.
 */
export function differentiatedWeights({ losses, trainMask }: TokenLosses, decay: number): Float32Array {
  const own = ownLosses({ losses, trainMask });
  const count = trainedAt(trainMask);
  const suffix = suffixSums(own, decay);
  const sum = maskedSum(suffix, count);
  if (decay === 0 || sum === 0) return normalised(null, trainMask);
  const mean = suffix.reduce((total, s, t) => total + s * (own[t] ?? 0), 0) / sum;
  const [prefix, visits] = [prefixSums(own, decay), prefixSums(count, decay)];
  const trained = count.reduce((total, each) => total + each, 0);
  return Float32Array.from(suffix, (s, t) =>
    count[t] === 1 ? (trained / sum) * (s + (prefix[t] ?? 0) - mean * (visits[t] ?? 0)) : 0,
  );
}

const trainedAt = (trainMask: ArrayLike<number>): Float64Array =>
  Float64Array.from(trainMask, (trained, t) => (t > 0 && trained ? 1 : 0));

const ownLosses = ({ losses, trainMask }: TokenLosses): Float64Array =>
  trainedAt(trainMask).map((trained, t) => (trained ? (losses[t] ?? 0) : 0));

const maskedSum = (values: Float64Array, mask: Float64Array): number =>
  values.reduce((sum, value, t) => sum + value * (mask[t] ?? 0), 0);

function normalised(values: Float64Array | null, trainMask: ArrayLike<number>): Float32Array {
  const count = trainedAt(trainMask);
  const sum = values ? maskedSum(values, count) : 0;
  if (values === null || sum === 0) return Float32Array.from(count);
  const trained = count.reduce((total, each) => total + each, 0);
  return Float32Array.from(count, (each, t) => (each * trained * (values[t] ?? 0)) / sum);
}

function suffixSums(values: Float64Array, decay: number): Float64Array {
  const sums = values.slice();
  for (let t = sums.length - 2; t >= 0; t--) sums[t] = (sums[t] ?? 0) + decay * (sums[t + 1] ?? 0);
  return sums;
}

function prefixSums(values: Float64Array, decay: number): Float64Array {
  const sums = values.slice();
  for (let t = 1; t < sums.length; t++) sums[t] = (sums[t] ?? 0) + decay * (sums[t - 1] ?? 0);
  return sums;
}
