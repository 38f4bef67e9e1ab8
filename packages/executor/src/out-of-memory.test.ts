import { describe, expect, it } from 'vitest';
import { OutOfMemoryError, recogniseOutOfMemory } from './out-of-memory.js';

const shortageOf = (message: string) => {
  const recognised = recogniseOutOfMemory(new Error(message), { device: 'CPU' });
  return recognised instanceof OutOfMemoryError ? recognised.shortage : undefined;
};

describe('recogniseOutOfMemory', () => {
  // The first, third and fifth are what the runtimes really said here; tests/gpu and the executors make them say it again.
  it.each([
    [
      'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,1024] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
      { device: 'GPU:0', shape: [64, 1024], bytesAsked: 262_144 },
    ],
    ['OOM when allocating tensor with shape[] and type bool', { device: 'CPU', shape: [], bytesAsked: 1 }],
    [
      "Non-zero status code returned while running MatMul node. Name:'' Status Message: bfc_arena.cc:360 void* AllocateRawInternal(size_t) Failed to allocate memory for requested buffer of size 274877906944\n",
      { device: 'CPU', bytesAsked: 274_877_906_944 },
    ],
    [
      'Available memory of 1000 is smaller than requested bytes of 4096',
      { device: 'CPU', bytesFree: 1000, bytesAsked: 4096 },
    ],
    ["running MatMul node. Name:'' Status Message: std::bad_alloc", { device: 'CPU' }],
    ['CUDA failure 2: out of memory ; GPU=1 ; hostname=h ; expr=cudaMalloc((void**)&p, size);', { device: 'GPU:1' }],
    ['Invalid typed array length: 17179869184', { device: 'CPU', bytesAsked: 68_719_476_736 }],
    ['Array buffer allocation failed', { device: 'CPU' }],
  ])('reads the numbers of %j', (message, shortage) => {
    expect(shortageOf(message)).toEqual(shortage);
  });

  it('leaves every other error as it is', () => {
    const error = new Error('CUDA failure 700: an illegal memory access was encountered');
    expect(recogniseOutOfMemory(error, { device: 'CPU' })).toBe(error);
    expect(recogniseOutOfMemory('text', { device: 'CPU' })).toBe('text');
  });

  it('names the numbers and keeps the cause', () => {
    const cause = new Error('OOM when allocating tensor with shape[1024,1024] and type float');
    const error = recogniseOutOfMemory(cause, { device: 'GPU:0', bytesFree: 1_572_864 }) as OutOfMemoryError;
    expect(error.message).toBe(
      'out of memory on GPU:0: 4.0 MiB were asked for by a tensor of 1024×1024, 1.5 MiB were free',
    );
    expect(error.cause).toBe(cause);
    expect(recogniseOutOfMemory(error, { device: 'CPU' })).toBe(error);
  });
});
