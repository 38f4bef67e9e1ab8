// Recomputation exists to hold less: measured on both executors, with gradients that stay the same.

import { buildDecoderProgram, decoderFeeds } from '@preheat/graph/conformance';
import type { DecoderSize } from '@preheat/graph/conformance';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../executor.js';
import { createOnnxExecutor } from '../onnx/index.js';
import { createTfjsExecutor, loadPortableTensorFlow } from '../tfjs/index.js';
import { relativeError } from './training-fixtures.js';

const deep = { layers: 12, width: 64, heads: 4, keyHeads: 2, hidden: 128, vocabulary: 64 };

async function run(
  executor: Executor,
  size: Partial<DecoderSize> & Pick<DecoderSize, 'batch' | 'length' | 'recomputes'>,
) {
  const decoder = { ...deep, ...size };
  const program = await executor.compile(buildDecoderProgram(decoder));
  const outputs = await program.run(decoderFeeds(decoder));
  await program.dispose();
  return outputs;
}

function expectSame(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): void {
  for (const [name, numbers] of Object.entries(expected)) {
    expect(relativeError(actual[name] ?? [], numbers), name).toBeLessThan(1e-6);
  }
}

describe('a decoder of twelve layers that are recomputed', () => {
  it('peaks at less than half of the activations in ONNX Runtime', async () => {
    const executor = createOnnxExecutor();
    const size = { batch: 16, length: 128 };
    const peak = () => process.resourceUsage().maxRSS;
    // Warms everything up that is loaded once; peaks only grow, so the smaller one comes first.
    await run(executor, { batch: 1, length: 8, recomputes: true });
    const start = peak();
    const recomputed = await run(executor, { ...size, recomputes: true });
    const low = peak();
    const kept = await run(executor, { ...size, recomputes: false });
    expect(peak() - start).toBeGreaterThan(2 * (low - start));
    expectSame(recomputed, kept);
    await executor.dispose();
  });

  it('peaks at less than half of the bytes in TensorFlow.js', async () => {
    const tf = await loadPortableTensorFlow();
    const executor = createTfjsExecutor(tf);
    // Few parameters, whose bytes are the same in both.
    const narrow = { width: 32, heads: 2, keyHeads: 1, hidden: 64, batch: 4, length: 64 };
    const peakOf = async (recomputes: boolean) => {
      let outputs: Record<string, Float32Array> = {};
      const before = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(async () => {
        outputs = await run(executor, { ...narrow, recomputes });
        return [];
      });
      return { bytes: peakBytes - before, outputs };
    };
    const [kept, recomputed] = [await peakOf(false), await peakOf(true)];
    expect(recomputed.bytes).toBeLessThan(kept.bytes / 2);
    expectSame(recomputed.outputs, kept.outputs);
    await executor.dispose();
  });
});
