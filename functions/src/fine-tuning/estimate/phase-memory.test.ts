import { parameterCount, type RunnerClass } from '@preheat/contracts';
import { BASE_MODELS } from '@preheat/inference/model-registry';
import { baseConfig } from '@preheat/inference/stored-models';
import { recipeNamed } from '@preheat/recipes/catalog';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { localRunnerClass } from './local-runner-class.js';
import { memoryOn, memoryRemedies, type PhaseShape } from './phase-memory.js';

const model = baseConfig(BASE_MODELS[0] as never, loadTokenizer(letterToSoundTokenizer()));
const shapeOf = (config: object): PhaseShape => ({
  type: 'supervised',
  algorithm: 'sft',
  config: config as PhaseShape['config'],
  model,
  longest: 64,
  sequencesPerStep: 8,
  dataBytes: 0,
});
const runnerOf = (bytes: number): RunnerClass => ({ ...localRunnerClass(), lanes: 1, memory_bytes: bytes });
/** Whose weights are most of what a process takes: 200 million. */
const LARGE = { ...model, hidden_size: 1024, intermediate_size: 16_384 };
/** The least that a phase takes, found as the need where nothing fits. */
const leastOf = (config: object): number => memoryOn(shapeOf(config), runnerOf(1)).needed.total;

it('names the average where that is what makes a phase too large, however little it takes', () => {
  for (const config of [
    { ema_decay: 0.99 },
    { ema_decay: 0.99, lora_rank: 4, lora_alpha: 8, lora_target_modules: ['all-linear'] },
  ]) {
    const [averaged, plain] = [leastOf(config), leastOf({ ...config, ema_decay: 0 })];
    expect(averaged).toBeGreaterThan(plain);
    const runner = runnerOf(plain);
    expect(memoryOn(shapeOf(config), runner).fits).toBe(false);
    expect(memoryRemedies(shapeOf(config), runner)).toContainEqual({ change: 'ema_decay 0', bytes: plain, fits: true });
  }
});

it('offers fewer bits for the weights under an adapter where they are held so: not on a GPU', () => {
  const on = (device: RunnerClass['device'], config: object) => {
    const told = memoryRemedies({ ...shapeOf(config), model: LARGE }, { ...runnerOf(1), device });
    return told.some(({ change }) => change.includes('lora_base_dtype'));
  };
  const adapter = { lora_rank: 4, lora_alpha: 8, lora_target_modules: ['all-linear'] };
  expect([on('cpu', {}), on('gpu', {})]).toEqual([true, false]);
  expect([on('cpu', adapter), on('gpu', adapter)]).toEqual([true, false]);
});

it('names no average where none is kept, nor one that is too little to help', () => {
  const changes = (config: object): string[] =>
    memoryRemedies(shapeOf(config), runnerOf(1)).map(({ change }) => change);
  expect(changes({})).toContain('lora_rank 8');
  expect(changes({})).not.toContain('ema_decay 0');
  const adapter = { lora_rank: 1, lora_alpha: 2, lora_target_modules: ['q_proj'], ema_decay: 0.99 };
  expect(changes(adapter)).not.toContain('ema_decay 0');
});

describe('a frozen reference', () => {
  const needOf = (algorithm: string, config: object) => {
    const type = recipeNamed(algorithm)?.phaseType as PhaseShape['type'];
    const shape = { ...shapeOf(config), model: LARGE, type, algorithm };
    return (runner: Partial<RunnerClass>) => memoryOn(shape, { ...runnerOf(1e15), ...runner }).needed;
  };
  const weights = 4 * parameterCount(LARGE);

  it('is counted where a preference loss compares with one: as weights, and a copy in every lane', () => {
    const [compared, alone] = [needOf('dpo', { loss_type: 'sigmoid' }), needOf('dpo', { loss_type: 'simpo' })];
    const extra = (runner: Partial<RunnerClass>) => compared(runner).total - alone(runner).total;
    expect(extra({ lanes: 1 })).toBe(2 * weights);
    expect(extra({ lanes: 4 })).toBe(5 * weights);
    expect(extra({ lanes: 1, device: 'gpu' })).toBe(weights);
  });

  it('is counted in reinforcement once, where kl_beta asks for it, as the weights are held', () => {
    const [held, free] = [needOf('grpo', { kl_beta: 0.1 }), needOf('grpo', { kl_beta: 0 })];
    expect(held({ lanes: 2 }).total - free({ lanes: 2 }).total).toBe(3 * weights);
    expect(held({ lanes: 1, device: 'gpu' }).total - free({ lanes: 1, device: 'gpu' }).total).toBe(weights);
    const adapter = { lora_rank: 4, lora_alpha: 8, lora_target_modules: ['q_proj'], lora_base_dtype: 'int8' };
    const rounded = needOf('grpo', { ...adapter, kl_beta: 0.1 })({ lanes: 1 });
    expect(rounded.weights).toBe(2 * needOf('grpo', { ...adapter, kl_beta: 0 })({ lanes: 1 }).weights);
    expect(rounded.weights).toBeLessThan(1.1 * weights);
  });
});

describe('the memory of the machine around a GPU', () => {
  const weights = 4 * parameterCount(LARGE);
  const adapter = { lora_rank: 4, lora_alpha: 8, lora_target_modules: ['q_proj'] };
  const gpu = { ...runnerOf(1e15), device: 'gpu', host_memory_bytes: 1e15, rollout_workers: 4 } as const;
  const shape = (type: PhaseShape['type'], config: object, dataBytes = 0): PhaseShape => ({
    ...shapeOf(config),
    model: LARGE,
    type,
    algorithm: type === 'reinforcement' ? 'grpo' : 'sft',
    dataBytes,
  });
  const hostOf = (type: PhaseShape['type'], config: object, dataBytes = 0) =>
    memoryOn(shape(type, config, dataBytes), gpu).host;

  it('holds a decoder in every worker, the model of the start, and what a checkpoint copies', () => {
    const host = hostOf('reinforcement', {});
    expect(host).toMatchObject({ model: weights, rollouts: 5 * weights, checkpoint: 3 * weights });
    expect(hostOf('reinforcement', { ema_decay: 0.9 })?.checkpoint).toBe(4 * weights);
    expect(hostOf('reinforcement', adapter)).toMatchObject({ rollouts: 5 * weights, checkpoint: weights });
    expect(hostOf('supervised', {})).toMatchObject({ rollouts: 0, checkpoint: 3 * weights });
    expect(hostOf('supervised', adapter)?.checkpoint).toBeLessThan(weights / 10);
  });

  it('is where completions are decoded, and not on the GPU, unless that decodes them', () => {
    expect(memoryOn(shape('reinforcement', {}), gpu).needed.rollouts).toBe(0);
    const { rollout_workers: _, ...decoding } = gpu;
    const onDevice = memoryOn(shape('reinforcement', {}), decoding);
    expect([onDevice.needed.rollouts, onDevice.host?.rollouts]).toEqual([2 * weights, 0]);
  });

  it('refuses what the GPU would hold, and names the settings that need less of it', () => {
    const host = hostOf('reinforcement', {});
    const small = { ...gpu, host_memory_bytes: (host?.total ?? 0) - 1 };
    expect(memoryOn(shape('reinforcement', {}), small)).toMatchObject({ fits: false, lacks: 'host' });
    expect(memoryRemedies(shape('reinforcement', {}), small)).toContainEqual({
      change: 'lora_rank 8',
      bytes: (host?.total ?? 0) - 2 * weights,
      fits: true,
    });
    expect(memoryOn(shape('reinforcement', {}), { ...gpu, host_memory_bytes: host?.total ?? 0 }).fits).toBe(true);
  });

  it('holds the rows of the data files, on CPUs in the one memory that there is', () => {
    const host = (dataBytes: number) => hostOf('supervised', {}, dataBytes)?.total ?? 0;
    expect(host(1e6) - host(0)).toBe(2.5e6);
    const onCpu = (dataBytes: number) => memoryOn(shape('supervised', {}, dataBytes), runnerOf(1e15)).needed.total;
    expect(onCpu(1e6) - onCpu(0)).toBe(2.5e6);
    expect(memoryOn(shape('supervised', {}), runnerOf(1e15)).host).toBe(null);
  });
});
