/**
 * Millions of draws in a row, where a counter-based block each would take seconds: sfc32 (Doty-Humphrey, PractRand) seeded
 * by a stream of its own. Fork the stream for every use; what is drawn here cannot be continued from a stored state.
 */
import type { CounterRandom } from './counter-random.js';

/** Uniforms in [0, 1), multiples of 2⁻³²; equal on every machine. */
export function fastUniforms(stream: CounterRandom): () => number {
  const [first, second] = stream.state().key;
  let [a, b, c, counter] = [first | 0, second | 0, 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next(); // mixes the key into the whole state
  return next;
}
