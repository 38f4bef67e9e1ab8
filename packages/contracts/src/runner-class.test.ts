import { describe, expect, it } from 'vitest';
import { parseRunnerClasses } from './runner-class.js';

const GPU = {
  ...{ name: 'gpu-16g', device: 'gpu', memory_bytes: 16e9, lanes: 1, micro_batch_tokens: 8192 },
  ...{ price_per_second: 0.0003, flops: { low: 1e11, high: 1e12 } },
};

describe('classes of runners in an environment variable', () => {
  it('are read as they are written', () => {
    expect(parseRunnerClasses(JSON.stringify([GPU]))).toEqual([GPU]);
  });

  it.each([
    ['no JSON', '{', /PREHEAT_RUNNER_CLASSES is not JSON/],
    ['none', '[]', /PREHEAT_RUNNER_CLASSES: the list/],
    ['an unknown device', JSON.stringify([{ ...GPU, device: 'tpu' }]), /0\.device/],
    ['no memory', JSON.stringify([{ ...GPU, memory_bytes: 0 }]), /0\.memory_bytes/],
  ])('are refused by name: %s', (_, text, says) => {
    expect(() => parseRunnerClasses(text)).toThrow(says);
  });
});
