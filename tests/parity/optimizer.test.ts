/**
 * Twenty steps of supervised fine-tuning beside torch's AdamW, clip_grad_norm_ and schedulers: losses, learning rates and
 * norms of every step, and the weights at the end. Warm-up, decay and clipping all act.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, type TensorMap } from '@preheat/checkpoints';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { afterAll, expect } from 'vitest';
import { expectWithin, largestDifference, relativeDifference } from './comparison.js';
import { SFT_SCENARIOS, type SftScenario } from './loss-scenarios.js';
import { writePeerModels } from './peer-models.js';
import { peerTest, runPeer } from './peer-python.js';
import { runSteps } from './recipe-step.js';
import { sftBatch, sftStep } from './scenario-steps.js';

const STEPS = 20;
const WARMUP_STEPS = 5;
const PEAK = 4e-3;
const WEIGHT_DECAY = 0.1;
/** What sft takes for itself: its README. */
const OWN = { betas: [0.9, 0.95], epsilon: 1e-8, floor: 0.1 * PEAK };

interface Curve {
  readonly losses: number[];
  readonly rates: number[];
  readonly norms: number[];
}

interface Run {
  readonly scenario: SftScenario;
  /** Some steps are above, some below. */
  readonly maxGradNorm: number;
}

const named = (name: string): SftScenario => {
  const scenario = SFT_SCENARIOS.find((each) => each.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  return scenario;
};
const RUNS: readonly Run[] = [
  { scenario: named('untied qwen2'), maxGradNorm: 1.5 },
  { scenario: named('micro-batches on both sides'), maxGradNorm: 1.5 },
  { scenario: named('an adapter'), maxGradNorm: 1.5 },
];

const root = mkdtempSync(join(tmpdir(), 'preheat-optimizer-'));
const executor = createOnnxExecutor({ threads: 1 });
afterAll(async () => {
  await executor.dispose();
  rmSync(root, { recursive: true, force: true });
});

let computing: Promise<Curve[]> | undefined;
/** All of them by one Python process. */
const computed = (): Promise<Curve[]> => (computing ??= compute());

function compute(): Promise<Curve[]> {
  writePeerModels(root);
  const runs = RUNS.map(({ scenario, maxGradNorm }) => ({
    ...sftBatch(root, scenario),
    ...{ steps: STEPS, warmupSteps: WARMUP_STEPS, peak: PEAK, weightDecay: WEIGHT_DECAY, maxGradNorm },
    ...OWN,
  }));
  writeFileSync(join(root, 'runs.json'), JSON.stringify(runs));
  return runPeer<Curve[]>('optimizer.py', [root]);
}

/** Euclidean distance over all tensors. */
function distance(from: TensorMap, to: TensorMap): number {
  const squares = [...from].map(([name, { data }]) => {
    const other = to.get(name)?.data ?? new Float32Array();
    return data.reduce((sum, x, i) => sum + (x - (other[i] ?? Number.NaN)) ** 2, 0);
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}

RUNS.forEach(({ scenario, maxGradNorm }, index) => {
  peerTest(`twenty steps, ${scenario.name}`, async (context) => {
    const theirs = (await computed())[index];
    if (!theirs) throw new Error(`optimizer.py gave no run ${index}`);
    const step = sftStep(scenario);
    const start = step.adapter?.tensors ?? step.weights;
    const { trained, metrics } = await runSteps(executor, {
      ...step,
      config: {
        ...step.config,
        max_steps: STEPS,
        n_epochs: STEPS,
        warmup_ratio: WARMUP_STEPS / STEPS,
        learning_rate: PEAK,
        weight_decay: WEIGHT_DECAY,
        max_grad_norm: maxGradNorm,
      },
    });
    const curve = (metric: string) => metrics.map((each) => each[metric] ?? Number.NaN);
    const clipped = theirs.norms.filter((norm) => norm > maxGradNorm).length;
    expect(clipped).toBeGreaterThan(0);
    expect(clipped).toBeLessThan(STEPS);
    const { tensors } = decodeSafetensors(new Uint8Array(readFileSync(join(root, `${index}.safetensors`))));
    expect([...trained.keys()].sort()).toEqual([...tensors.keys()].sort());
    const common = { peers: ['torch', 'transformers'] as const, configuration: scenario.name };
    const within = (what: string, difference: number, bound: number, unit: string) =>
      expectWithin(context, { check: `20 steps of AdamW: ${what}`, ...common, difference, bound, unit });
    within('loss', largestDifference(curve('train_loss'), theirs.losses), 1e-4, 'nats');
    within('learning rate', relativeDifference(curve('learning_rate'), theirs.rates), 1e-9, 'relative');
    within('gradient norm', relativeDifference(curve('gradient_norm'), theirs.norms), 1e-4, 'relative');
    const moved = distance(tensors, start);
    within('weights, of the way they went', distance(tensors, trained) / moved, 1e-3, 'relative');
  });
});
