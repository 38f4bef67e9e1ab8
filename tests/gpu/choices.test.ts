/** What the runner chooses on this machine, and that it says why. */
import type { LogFields } from '@preheat/ports';
import { expect, test } from 'vitest';
import { chooseExecutor } from '../../gpu-runner/src/executor-choice.js';
import { gpuSettings } from '../../gpu-runner/src/gpu-settings.js';
import { chooseRolloutProvider } from '../../gpu-runner/src/rollout-provider.js';
import { cuda } from './native-tensorflow.js';
import { recordingLog } from './recording-log.js';

const gpu = gpuSettings({ PREHEAT_STORE: 'filesystem' });

test('training takes the GPU where there is one, else ONNX Runtime, and the log says why once', async () => {
  const lines: { message: string; fields: LogFields }[] = [];
  const { executor, microBatchTokens } = await chooseExecutor('auto', gpu, recordingLog(lines));
  expect(lines).toHaveLength(1);
  if (cuda.gpus.length > 0) {
    expect(executor.name).toBe('tfjs');
    expect(microBatchTokens).toBe(8192);
    expect(lines[0]?.fields).toMatchObject({ isUsingGpuDevice: true, maxBytes: 'no limit', microBatchTokens: 8192 });
  } else {
    expect(executor.name).toBe('onnx');
    expect(microBatchTokens).toBeUndefined();
    expect(lines[0]?.fields).toHaveProperty('reason');
  }
  await executor.dispose();
});

test('rollouts take CUDA or say why not, and refuse when it was demanded', async () => {
  const lines: { message: string; fields: LogFields }[] = [];
  const provider = await chooseRolloutProvider('auto', recordingLog(lines));
  expect(lines).toHaveLength(1);
  if (provider === 'cuda') return;
  const reason = String(lines[0]?.fields['reason']);
  expect(reason).toMatch(/CUDA/);
  await expect(chooseRolloutProvider('cuda', recordingLog([]))).rejects.toThrow(
    `PREHEAT_ROLLOUT_PROVIDER=cuda cannot be honoured: ${reason}`,
  );
  expect(await chooseRolloutProvider('cpu', recordingLog(lines))).toBe('cpu');
  expect(lines[1]?.fields).toMatchObject({ reason: 'PREHEAT_ROLLOUT_PROVIDER=cpu' });
});
