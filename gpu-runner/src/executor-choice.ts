/** Chooses what training runs on, and says why: the GPU when TensorFlow.js finds one, else ONNX Runtime on the CPU. */
import type { Executor } from '@preheat/executor';
import type { Parallelism } from '@preheat/executor/onnx';
import type { Log } from '@preheat/ports';
import type { GpuSettings } from './gpu-settings.js';

export type ExecutorSetting = 'auto' | 'onnx' | 'tfjs';

export interface ChosenExecutor {
  readonly executor: Executor;
  /** Tokens of a micro-batch that suit the device; undefined for the trainer's default, which suits CPUs. */
  readonly microBatchTokens: number | undefined;
}

/** Starting an operation on a GPU costs the same for few numbers as for many, so the batches of a CPU would starve it. */
const GPU_MICRO_BATCH_TOKENS = 8192;

/** @throws Error when `tfjs` is demanded and cannot be had. */
export async function chooseExecutor(setting: ExecutorSetting, gpu: GpuSettings, log: Log): Promise<ChosenExecutor> {
  if (setting === 'onnx') return openOnnx(gpu, log, 'PREHEAT_RUNNER_EXECUTOR=onnx');
  const { createTfjsExecutor, loadTensorFlow, usesGpu } = await import('@preheat/executor/tfjs');
  const loaded = await loadTensorFlow();
  if (!loaded.ok) {
    if (setting === 'tfjs') throw new Error(`PREHEAT_RUNNER_EXECUTOR=tfjs cannot be honoured: ${loaded.reason}`);
    return openOnnx(gpu, log, loaded.reason);
  }
  const isUsingGpuDevice = usesGpu(loaded.tf);
  if (setting === 'auto' && !isUsingGpuDevice) return openOnnx(gpu, log, `${loaded.packageName} found no GPU`);
  const { maxBytes } = gpu;
  const executor = createTfjsExecutor(loaded.tf, { maxBytes });
  const microBatchTokens = gpu.microBatchTokens ?? (isUsingGpuDevice ? GPU_MICRO_BATCH_TOKENS : undefined);
  const { detail } = executor;
  const told = { maxBytes: Number.isFinite(maxBytes) ? maxBytes : 'no limit', microBatchTokens };
  log.info('training runs on TensorFlow.js', { detail, from: loaded.packageName, isUsingGpuDevice, ...told });
  return { executor, microBatchTokens };
}

/** Sessions kept ready: a few lengths times a few row counts, for training and evaluation. */
const MAX_SESSIONS = 48;

async function openOnnx({ microBatchTokens }: GpuSettings, log: Log, reason: string): Promise<ChosenExecutor> {
  const { createOnnxExecutor } = await import('@preheat/executor/onnx');
  const onParallelism = (choice: Parallelism) => log.info('a model is spread over the cores', { ...choice });
  const executor = createOnnxExecutor({ maxSessions: MAX_SESSIONS, onParallelism });
  log.info('training runs on ONNX Runtime', { detail: executor.detail, microBatchTokens, reason });
  return { executor, microBatchTokens };
}
