import { describe, expect, it } from 'vitest';
import { resolveLayout } from '../parameter-layout.js';
import { chooseParallelism } from './choose-parallelism.js';

const model = (size: number, trainable = true) => resolveLayout([{ name: 'w', shape: [size], trainable }]);
const machine = { cores: 4, memoryBytes: 8e9 };
const choose = (size: number, fixed: object = {}) =>
  chooseParallelism({ ...machine, parameters: model(size), ...fixed });

describe('chooseParallelism', () => {
  it('gives a small model one single-threaded worker a core', () => {
    const choice = choose(1e6);
    expect(choice).toMatchObject({ workers: 4, threads: 1, spinning: false });
    expect(choice.reason).toBe('one worker for each of 4 cores; a worker copies 12 MB of 8000 MB');
  });

  it('keeps a tiny model in the calling thread', () => {
    expect(choose(4096)).toMatchObject({ workers: 0, threads: 1 });
    expect(choose(4097).workers).toBe(4);
  });

  it('gives up workers, then turns to threads, as the copies outgrow the memory', () => {
    expect(choose(100e6)).toMatchObject({ workers: 2, threads: 1 });
    expect(choose(200e6)).toMatchObject({ workers: 1, threads: 4 });
    expect(choose(200e6).reason).toContain('memory allows 1 of 4 workers');
    // Frozen parameters take no gradients.
    expect(chooseParallelism({ ...machine, parameters: model(200e6, false) }).workers).toBe(3);
  });

  it('follows what the caller sets', () => {
    expect(choose(1e6, { threads: 2 })).toMatchObject({ workers: 1, threads: 2 });
    expect(choose(1e6, { workers: 2, threads: 2, spinning: true })).toMatchObject({
      workers: 2,
      threads: 2,
      spinning: true,
    });
    expect(choose(1e6, { workers: 0 })).toMatchObject({ workers: 0, threads: 1 });
    expect(choose(1e6, { threads: 1 })).toMatchObject({ workers: 4, threads: 1 });
  });
});
