/**
 * Length of the longest common subsequence, 32 columns at a time.
 * Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): V ← (V + (V & M)) | (V & ~M), where M marks the
 * positions of `a` that equal the next element of `b`; the zeros left in V are the length.
 */
export function commonSubsequenceLength<T>(a: readonly T[], b: readonly T[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const words = Math.ceil(a.length / 32);
  const matches = positionsOf(a, words);
  const v = new Uint32Array(words).fill(0xffffffff);
  for (const element of b) {
    const mask = matches.get(element);
    if (mask !== undefined) step(v, mask);
  }
  return countZeros(v, a.length);
}

function positionsOf<T>(a: readonly T[], words: number): Map<T, Uint32Array> {
  const positions = new Map<T, Uint32Array>();
  a.forEach((element, i) => {
    const mask = positions.get(element) ?? new Uint32Array(words);
    mask[i >>> 5] = (mask[i >>> 5] as number) | (1 << (i & 31));
    positions.set(element, mask);
  });
  return positions;
}

function step(v: Uint32Array, mask: Uint32Array): void {
  let carry = 0;
  for (let w = 0; w < v.length; w++) {
    const before = v[w] as number;
    const matched = (before & (mask[w] as number)) >>> 0;
    const sum = before + matched + carry;
    carry = sum > 0xffffffff ? 1 : 0;
    v[w] = (sum >>> 0) | (before & ~matched);
  }
}

function countZeros(v: Uint32Array, bits: number): number {
  let zeros = 0;
  for (let i = 0; i < bits; i++) zeros += (((v[i >>> 5] as number) >>> (i & 31)) & 1) ^ 1;
  return zeros;
}
