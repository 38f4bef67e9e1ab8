/**
 * The angles of rotary positions, for every executor from one place. Computed in double precision: position p rotates
 * pair i, the elements i and i + D/2 of a head, by `p · frequency[i]`.
 */
import type { RopeScaling } from './rope-scaling.js';

export interface Rotary {
  /** Base of the wavelengths. */
  readonly theta: number;
  readonly scaling: RopeScaling | null;
}

export interface RotaryTables {
  /** Row-major [positions, D/2]. */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/** Cosines and sines for the positions 0 … positions - 1 of heads of width D. */
export function rotaryTables(rotary: Rotary, headDim: number, positions: number): RotaryTables {
  const pairs = headDim / 2;
  const frequencies = rotaryFrequencies(rotary, headDim);
  const amplitude = rotaryAmplitude(rotary.scaling);
  const [cosine, sine] = [new Float32Array(positions * pairs), new Float32Array(positions * pairs)];
  for (let i = 0; i < cosine.length; i++) {
    const angle = Math.floor(i / pairs) * (frequencies[i % pairs] ?? 0);
    cosine[i] = amplitude * Math.cos(angle);
    sine[i] = amplitude * Math.sin(angle);
  }
  return { cosine, sine };
}

/** Radians a position of each of the D/2 pairs (RoFormer, Su et al. 2021, section 3.4.2, and its scalings). */
export function rotaryFrequencies({ theta, scaling }: Rotary, headDim: number): Float64Array {
  const plain = Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
  if (scaling === null || scaling.rope_type === 'dynamic') return plain;
  if (scaling.rope_type === 'linear') return plain.map((frequency) => frequency / scaling.factor);
  if (scaling.rope_type === 'llama3') return plain.map((frequency) => llama3Frequency(frequency, scaling));
  return yarnFrequencies(plain, theta, headDim, scaling);
}

type Of<K extends RopeScaling['rope_type']> = Extract<RopeScaling, { rope_type: K }>;

function llama3Frequency(frequency: number, scaling: Of<'llama3'>): number {
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: length } = scaling;
  /** Turns within the length of pre-training. */
  const turns = (length * frequency) / (2 * Math.PI);
  if (turns > high) return frequency;
  if (turns < low) return frequency / factor;
  const kept = (turns - low) / (high - low);
  return (1 - kept) * (frequency / factor) + kept * frequency;
}

/** YaRN, section 3.2: pairs that turn often are kept, those that turn rarely interpolated, a ramp between. */
function yarnFrequencies(plain: Float64Array, theta: number, headDim: number, scaling: Of<'yarn'>): Float64Array {
  const { factor, original_max_position_embeddings: length, beta_fast: fast = 32, beta_slow: slow = 1 } = scaling;
  const dimensionTurning = (turns: number): number =>
    (headDim * Math.log(length / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const rounds = scaling.truncate ?? true;
  const first = dimensionTurning(fast);
  const last = dimensionTurning(slow);
  const low = Math.max(rounds ? Math.floor(first) : first, 0);
  const high = Math.min(rounds ? Math.ceil(last) : last, headDim - 1);
  const width = high === low ? 0.001 : high - low;
  return plain.map((frequency, i) => {
    const interpolated = Math.min(1, Math.max(0, (i - low) / width));
    return frequency * (interpolated / factor + 1 - interpolated);
  });
}

/** What cosines and sines are multiplied by; squared, it is the temperature of YaRN's attention (section 3.4). */
function rotaryAmplitude(scaling: RopeScaling | null): number {
  if (scaling?.rope_type !== 'yarn') return 1;
  const { factor, attention_factor: given, mscale, mscale_all_dim: mscaleAll } = scaling;
  if (given !== undefined) return given;
  const growth = (scale: number): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  return mscale && mscaleAll ? growth(mscale) / growth(mscaleAll) : growth(1);
}
