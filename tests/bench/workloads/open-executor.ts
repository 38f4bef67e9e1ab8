/** The executor a runner opens on this machine, or TensorFlow.js when a row asks for it. */
import type { Executor } from '@preheat/executor';
import type { Log } from '@preheat/ports';
import { chooseExecutor, type ExecutorSetting } from '../../../gpu-runner/src/executor-choice.js';

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** @throws Error when `tfjs` is asked for and no native TensorFlow loads. */
export async function openExecutor(setting: ExecutorSetting): Promise<Executor> {
  const gpu = { maxBytes: Number.POSITIVE_INFINITY, microBatchTokens: undefined };
  return (await chooseExecutor(setting, gpu, silent)).executor;
}
