/** The runner's settings of the GPU as what the libraries understand, with their defaults. */
import type { RunnerSettings } from '@preheat/contracts';

export interface GpuSettings {
  /** Variables that CUDA's libraries and TensorFlow read once, when they load. */
  readonly environment: Readonly<Record<string, string>>;
  /** The most that training may take on the device; `Infinity` for all of it. */
  readonly maxBytes: number;
  /** Tokens of a micro-batch; undefined for the default of the device that is chosen. */
  readonly microBatchTokens: number | undefined;
}

const MIB = 2 ** 20;

export function gpuSettings(settings: RunnerSettings): GpuSettings {
  const {
    PREHEAT_GPU_MEMORY_GROWTH: growth = 'yes',
    PREHEAT_GPU_ALLOCATOR: allocator = 'bfc',
    PREHEAT_GPU_TF32: tf32 = 'no',
    PREHEAT_GPU_MEMORY_LIMIT_MIB: limitMib,
    PREHEAT_MICRO_BATCH_TOKENS: tokens,
  } = settings;
  return {
    environment: {
      // Without growth TensorFlow takes the whole device at once, and decoding on the same device finds nothing left.
      TF_FORCE_GPU_ALLOW_GROWTH: growth === 'yes' ? 'true' : 'false',
      ...(allocator === 'bfc' ? {} : { TF_GPU_ALLOCATOR: allocator }),
      // Of cuBLAS and cuDNN, for TensorFlow and ONNX Runtime alike; both would round products to 10 bits by default.
      ...(tf32 === 'yes' ? {} : { NVIDIA_TF32_OVERRIDE: '0' }),
      // Warnings and errors: at level 0 every failed allocation prints the whole heap.
      TF_CPP_MIN_LOG_LEVEL: '1',
    },
    maxBytes: limitMib === undefined ? Infinity : Number(limitMib) * MIB,
    microBatchTokens: tokens === undefined ? undefined : Number(tokens),
  };
}
