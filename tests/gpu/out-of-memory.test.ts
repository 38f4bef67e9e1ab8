/**
 * The batch grows until memory runs out: all of a GPU's, or a budget where there is none. The half of it did fit a moment
 * ago, so the trainer must find the way back by itself.
 */
import { createTfjsExecutor } from '@preheat/executor/tfjs';
import { type Shrink, Trainer } from '@preheat/nn';
import { expect, test } from 'vitest';
import { cuda, openAny } from './native-tensorflow.js';
import { decoderOf, optimizer, reversalRows, stepRequest, weightsOf } from './tiny-task.js';

const hasGpu = cuda.gpus.length > 0;
/** On a GPU most memory goes to layers, so that no single tensor comes near the 2^31 elements that TensorFlow indexes. */
const config = hasGpu ? decoderOf(8, 256, 4096) : decoderOf(1, 16, 256);
const BUDGET_BYTES = 2 ** 20;
const MAX_ROWS = 2 ** 20;

test('the trainer halves a micro-batch that the device has no room for, once, and goes on', async () => {
  const tf = await openAny();
  const executor = createTfjsExecutor(tf, hasGpu ? {} : { maxBytes: BUDGET_BYTES });
  const shrinks: Shrink[] = [];
  const limits = { maxTokens: Infinity, overheadTokens: 1e12 };
  const options = { executor, config, optimizer, limits, onShrink: (shrink: Shrink) => shrinks.push(shrink) };
  const trainer = await Trainer.open(options, { weights: weightsOf(config) });
  for (let count = hasGpu ? 64 : 4; shrinks.length === 0 && count <= MAX_ROWS; count *= 2) {
    const rows = reversalRows(count, 11, 'rows');
    const report = await trainer.step(rows, stepRequest(rows, 0.001));
    expect(report).toMatchObject({ applied: true, trainedRows: count });
  }
  const [shrink] = shrinks;
  console.log(
    `${executor.detail}: ${shrink?.from.batch} rows of ${shrink?.from.length} did not fit: ${shrink?.cause.message}`,
  );
  expect(shrink?.maxTokens).toBe(((shrink?.from.batch ?? 0) * (shrink?.from.length ?? 0)) / 2);
  expect(shrink?.cause.shortage.bytesAsked).toBeGreaterThan(0);
  const held = tf.memory().numTensors;
  const rows = reversalRows(shrink?.from.batch ?? 0, 11, 'after');
  expect((await trainer.step(rows, stepRequest(rows, 0.001))).applied).toBe(true);
  expect([shrinks.length, tf.memory().numTensors]).toEqual([1, held]);
  await executor.dispose();
}, 600_000);
