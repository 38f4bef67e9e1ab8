/** Chooses what training runs on, and says why: the GPU when TensorFlow.js finds one, else ONNX Runtime on the CPU. */
import type { Executor } from '@preheat/executor';
import type { Log } from '@preheat/ports';
import { availableParallelism } from 'node:os';

export type ExecutorSetting = 'auto' | 'onnx' | 'tfjs';

/** @throws Error when `tfjs` is demanded and cannot be had. */
export async function chooseExecutor(setting: ExecutorSetting, log: Log): Promise<Executor> {
  if (setting === 'onnx') return openOnnx(log, 'PREHEAT_RUNNER_EXECUTOR=onnx');
  const { createTfjsExecutor, loadTensorFlow } = await import('@preheat/executor/tfjs');
  const loaded = await loadTensorFlow();
  if (!loaded.ok) {
    if (setting === 'tfjs') throw new Error(`PREHEAT_RUNNER_EXECUTOR=tfjs cannot be honoured: ${loaded.reason}`);
    return openOnnx(log, loaded.reason);
  }
  const { isUsingGpuDevice = false } = loaded.tf.backend() as { isUsingGpuDevice?: boolean };
  if (setting === 'auto' && !isUsingGpuDevice) return openOnnx(log, `${loaded.packageName} loaded but found no GPU`);
  const executor = createTfjsExecutor(loaded.tf);
  log.info('training runs on TensorFlow.js', { detail: executor.detail, from: loaded.packageName, isUsingGpuDevice });
  return executor;
}

/** Sessions kept ready: a few lengths times a few row counts, for training and evaluation. */
const MAX_SESSIONS = 48;

async function openOnnx(log: Log, reason: string): Promise<Executor> {
  const { createOnnxExecutor } = await import('@preheat/executor/onnx');
  const executor = createOnnxExecutor({ threads: availableParallelism(), maxSessions: MAX_SESSIONS });
  log.info('training runs on ONNX Runtime', { detail: executor.detail, reason });
  return executor;
}
