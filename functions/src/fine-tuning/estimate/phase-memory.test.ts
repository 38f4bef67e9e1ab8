import { parameterCount, type RunnerClass } from '@preheat/contracts';
import { BASE_MODELS, baseConfig } from '@preheat/inference/model-registry';
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
