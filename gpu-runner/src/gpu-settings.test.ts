import { readSettings, RunnerSettings } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { gpuSettings } from './gpu-settings.js';

const read = (environment: Record<string, string>) =>
  gpuSettings(readSettings(RunnerSettings, { PREHEAT_STORE: 'filesystem', ...environment }));

describe('gpuSettings', () => {
  it('lets memory grow and sets no limit unless told to', () => {
    expect(read({})).toEqual({
      environment: { TF_FORCE_GPU_ALLOW_GROWTH: 'true', NVIDIA_TF32_OVERRIDE: '0', TF_CPP_MIN_LOG_LEVEL: '1' },
      maxBytes: Infinity,
      microBatchTokens: undefined,
    });
  });

  it('passes every setting on', () => {
    const settings = read({
      PREHEAT_GPU_MEMORY_GROWTH: 'no',
      PREHEAT_GPU_ALLOCATOR: 'cuda_malloc_async',
      PREHEAT_GPU_TF32: 'yes',
      PREHEAT_GPU_MEMORY_LIMIT_MIB: '2048',
      PREHEAT_MICRO_BATCH_TOKENS: '4096',
    });
    expect(settings.environment).toEqual({
      TF_FORCE_GPU_ALLOW_GROWTH: 'false',
      TF_GPU_ALLOCATOR: 'cuda_malloc_async',
      TF_CPP_MIN_LOG_LEVEL: '1',
    });
    expect([settings.maxBytes, settings.microBatchTokens]).toEqual([2 ** 31, 4096]);
  });

  it.each([
    ['PREHEAT_GPU_MEMORY_GROWTH', 'true'],
    ['PREHEAT_GPU_ALLOCATOR', 'malloc'],
    ['PREHEAT_GPU_MEMORY_LIMIT_MIB', '0'],
    ['PREHEAT_MICRO_BATCH_TOKENS', '7'],
    ['PREHEAT_ROLLOUT_PROVIDER', 'tensorrt'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
  });
});
