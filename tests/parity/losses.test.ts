/**
 * Our recipes against trl's trainers on the same weights and batch: the loss and its gradient for every tensor, through
 * the whole step on our side (grouping, advantages, masks, micro-batches) and through trl's own compute_loss on the other.
 * Of DPO the program of packages/graph is compared too. trl has no PPO trainer: PPO is compared with its formulas in torch.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, type TensorMap } from '@preheat/checkpoints';
import { invariant } from '@preheat/contracts';
import type { Tensors } from '@preheat/executor';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { afterAll, expect, type TestContext } from 'vitest';
import { expectWithin, relativeDifference, worst } from './comparison.js';
import { dpoProgramBatch, runDpo } from './dpo-program.js';
import { DPO_SCENARIOS, GRPO_SCENARIOS, PPO_SCENARIOS, SFT_SCENARIOS } from './loss-scenarios.js';
import { writePeerModels } from './peer-models.js';
import { peerTest, runPeer } from './peer-python.js';
import { measureStep } from './recipe-step.js';
import { dpoBatch, dpoStep, grpoBatch, grpoStep, ppoBatch, ppoStep, sftBatch, sftStep } from './scenario-steps.js';

const LOSS_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 1e-3;
/** A loss this small would agree with anything. */
const TELLING_LOSS = 1e-3;

const root = mkdtempSync(join(tmpdir(), 'preheat-losses-'));
const executor = createOnnxExecutor({ threads: 1 });
afterAll(async () => {
  await executor.dispose();
  rmSync(root, { recursive: true, force: true });
});

interface Expected {
  readonly loss: number;
  readonly gradients: TensorMap;
  /** Of GRPO: what the sampler is to have said. */
  readonly old?: number[][];
  readonly clipped?: number;
  /** Of DPO. */
  readonly referenceMargin?: number[];
}

let computing: Promise<Expected[]> | undefined;
/** All of them by one Python process: importing trl costs more than its losses. */
const computed = (): Promise<Expected[]> => (computing ??= compute());

async function compute(): Promise<Expected[]> {
  writePeerModels(root);
  const scenarios = [
    ...SFT_SCENARIOS.map((scenario) => ({ kind: 'sft', ...sftBatch(root, scenario) })),
    ...GRPO_SCENARIOS.map((scenario) => ({ kind: 'grpo', ...grpoBatch(root, scenario) })),
    ...DPO_SCENARIOS.map((scenario) => ({ kind: 'dpo', ...dpoBatch(root, scenario) })),
    dpoProgramBatch(join(root, 'llama')),
    ...PPO_SCENARIOS.map((scenario) => ({ kind: 'ppo', ...ppoBatch(root, scenario) })),
  ];
  writeFileSync(join(root, 'scenarios.json'), JSON.stringify(scenarios));
  const results = await runPeer<Omit<Expected, 'gradients'>[]>('trl_losses.py', [root]);
  return results.map((result, index) => {
    const { tensors } = decodeSafetensors(new Uint8Array(readFileSync(join(root, `${index}.safetensors`))));
    return { ...result, gradients: tensors };
  });
}

async function expected(index: number): Promise<Expected> {
  const result = (await computed())[index];
  invariant(result, `trl_losses.py gave no result ${index}`);
  return result;
}

function compare(
  context: TestContext,
  check: string,
  configuration: string,
  actual: { loss: number; gradients: Tensors },
  { loss, gradients }: Expected,
): void {
  expect(Math.abs(loss)).toBeGreaterThan(TELLING_LOSS);
  expect(Object.keys(actual.gradients).sort()).toEqual([...gradients.keys()].sort());
  const common = { peers: ['trl', 'torch'] as const, configuration };
  const difference = Math.abs(actual.loss - loss);
  expectWithin(context, { check: `${check} loss`, ...common, difference, bound: LOSS_TOLERANCE, unit: 'nats' });
  const differences = [...gradients].map(([name, { data }]) => relativeDifference(actual.gradients[name] ?? [], data));
  expectWithin(context, {
    check: `${check} gradients`,
    ...common,
    difference: worst(differences),
    bound: GRADIENT_TOLERANCE,
    unit: 'relative',
  });
}

SFT_SCENARIOS.forEach((scenario, index) => {
  peerTest(`sft, ${scenario.name}`, async (context) => {
    const actual = await measureStep(executor, sftStep(scenario));
    compare(context, 'SFT', scenario.name, actual, await expected(index));
  });
});

GRPO_SCENARIOS.forEach((scenario, index) => {
  peerTest(`grpo, ${scenario.name}`, async (context) => {
    const theirs = await expected(SFT_SCENARIOS.length + index);
    const actual = await measureStep(executor, grpoStep(scenario, theirs.old ?? []));
    if (scenario.name !== 'on policy') expect(theirs.clipped).toBeGreaterThan(0);
    compare(context, 'GRPO', scenario.name, actual, theirs);
  });
});

DPO_SCENARIOS.forEach((scenario, index) => {
  peerTest(`dpo, ${scenario.name}`, async (context) => {
    const theirs = await expected(SFT_SCENARIOS.length + GRPO_SCENARIOS.length + index);
    const { gradients, metrics } = await measureStep(executor, dpoStep(scenario));
    // The program's own loss is that of the weighted cross-entropy, which has the gradient of the pairs' loss only.
    compare(context, 'DPO', scenario.name, { loss: metrics['train_loss'] ?? Number.NaN, gradients }, theirs);
  });
});

peerTest('the program of DPO', async (context) => {
  const theirs = await expected(SFT_SCENARIOS.length + GRPO_SCENARIOS.length + DPO_SCENARIOS.length);
  const actual = await runDpo(executor, theirs.referenceMargin ?? []);
  compare(context, 'DPO (graph program)', 'sigmoid of the margin over a reference', actual, theirs);
});

PPO_SCENARIOS.forEach((scenario, index) => {
  peerTest(`ppo, ${scenario.name}`, async (context) => {
    const before = SFT_SCENARIOS.length + GRPO_SCENARIOS.length + DPO_SCENARIOS.length + 1;
    const theirs = await expected(before + index);
    const actual = await measureStep(executor, ppoStep(scenario, theirs.old ?? []));
    expect(theirs.clipped).toBeGreaterThan(0);
    compare(context, 'PPO (torch formulas)', scenario.name, actual, theirs);
  });
});
