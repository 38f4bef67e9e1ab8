/** One SFT on this machine's TensorFlow and on ONNX Runtime on the CPU: the same losses, step by step, and the same model. */
import type { Executor } from '@preheat/executor';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { createTfjsExecutor } from '@preheat/executor/tfjs';
import { type StepReport, Trainer } from '@preheat/nn';
import { expect, test } from 'vitest';
import { missingNative, openAny } from './native-tensorflow.js';
import { decoderOf, optimizer, reversalRows, stepRequest, weightsOf } from './tiny-task.js';

const config = decoderOf(2, 32);
// In JavaScript a step takes most of a second.
const STEPS = missingNative() === undefined ? 60 : 8;
/** Rounding differs from the first product on, and every step builds on the one before. */
const LOSS_TOLERANCE = 1e-4;
const FIRST_STEP_TOLERANCE = 1e-5;

async function train(executor: Executor): Promise<StepReport[]> {
  const trainer = await Trainer.open({ executor, config, optimizer }, { weights: weightsOf(config) });
  const reports: StepReport[] = [];
  for (let step = 0; step < STEPS; step++) {
    const rows = reversalRows(32, 3 + (step % 4), `batch ${step}`);
    reports.push(await trainer.step(rows, stepRequest(rows, 0.003)));
  }
  await executor.dispose();
  return reports;
}

test('training on TensorFlow.js follows training on ONNX Runtime', async () => {
  const executor = createTfjsExecutor(await openAny());
  const [reference, actual] = [await train(createOnnxExecutor()), await train(executor)];
  const relative = (key: 'loss' | 'gradientNorm') =>
    actual.map((report, step) => Math.abs(report[key] / (reference[step]?.[key] ?? Number.NaN) - 1));
  const [losses, norms] = [relative('loss'), relative('gradientNorm')];
  console.log(
    `${executor.detail}: loss ${reference[0]?.loss.toFixed(4)} to ${reference.at(-1)?.loss.toFixed(4)} in ${STEPS} steps; ` +
      `relative difference ${losses[0]?.toExponential(1)} at first, ${Math.max(...losses).toExponential(1)} at most`,
  );
  expect(reference.at(-1)?.loss).toBeLessThan(reference[0]?.loss ?? 0);
  expect(losses[0]).toBeLessThan(FIRST_STEP_TOLERANCE);
  expect(norms[0]).toBeLessThan(FIRST_STEP_TOLERANCE);
  for (const difference of losses) expect(difference).toBeLessThan(LOSS_TOLERANCE);
}, 300_000);
