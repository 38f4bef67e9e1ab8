// A whole decoder against torch autograd: recorded by fixtures/decoder_gradients.py.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildDecoderProgram, decoderFeeds } from './conformance/decoder-program.js';
import type { DecoderSize } from './conformance/decoder-program.js';
import { evaluateProgram, gradientOutput } from './index.js';

interface Recorded {
  readonly size: DecoderSize;
  readonly seed: number;
  readonly spread: number;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const recorded = JSON.parse(
  readFileSync(new URL('./fixtures/decoder-gradients.json', import.meta.url), 'utf8'),
) as Recorded;

describe('a decoder agrees with torch', () => {
  const feeds = decoderFeeds(recorded.size, recorded.seed, recorded.spread);
  const outputs = evaluateProgram(buildDecoderProgram(recorded.size), feeds);

  it('in its loss', () => {
    // The weights of the loss are 1/n in single precision, hence not to the last digit.
    expect((outputs.loss?.[0] ?? Number.NaN) / recorded.loss - 1).toBeCloseTo(0, 6);
  });

  for (const [name, expected] of Object.entries(recorded.gradients)) {
    it(`in the gradient of ${name}`, () => {
      const actual = outputs[gradientOutput(name)] ?? [];
      expect(actual.length).toBe(expected.length);
      expected.forEach((x, i) =>
        expect(Math.abs((actual[i] ?? Number.NaN) - x)).toBeLessThan(1e-6 * Math.max(1, Math.abs(x))),
      );
    });
  }
});
