/** The executor a runner opens on this machine, or TensorFlow.js when a row asks for it. */
import type { Executor } from '@preheat/executor';
import { createTfjsExecutor } from '@preheat/executor/tfjs';
import type { Log } from '@preheat/ports';
import { chooseExecutor } from '../../../gpu-runner/src/executor-choice.js';
import { gpuSettings } from '../../../gpu-runner/src/gpu-settings.js';
import { openNative } from '../../gpu/native-tensorflow.js';

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** @throws Error when `tfjs` is asked for and no native TensorFlow loads. */
export async function openExecutor(setting: 'onnx' | 'tfjs'): Promise<Executor> {
  if (setting === 'tfjs') {
    const loaded = await openNative();
    if (!loaded.ok) throw new Error(loaded.reason);
    return createTfjsExecutor(loaded.tf);
  }
  const gpu = gpuSettings({ PREHEAT_STORE: 'filesystem' });
  return (await chooseExecutor(setting, gpu, silent)).executor;
}
