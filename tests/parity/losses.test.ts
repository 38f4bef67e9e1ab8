/**
 * Our recipes against trl's trainers on the same weights and batch: the loss and its gradient for every tensor, through
 * the whole step on our side (grouping, advantages, masks, micro-batches) and through trl's own compute_loss on the other.
 * DPO is no recipe yet: what is compared is the program of packages/graph.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, type TensorMap } from '@preheat/checkpoints';
import { invariant } from '@preheat/contracts';
import type { Tensors } from '@preheat/executor';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { afterAll, expect, type TestContext } from 'vitest';
import { tokenizer } from '../recipes/reversal-task.js';
import { expectWithin, relativeDifference } from './comparison.js';
import { dpoBatch, runDpo } from './dpo-program.js';
import { GROUP, GRPO_SCENARIOS, type GrpoScenario, MODELS, SFT_SCENARIOS } from './loss-scenarios.js';
import { adapterOf, policyOf, referenceOf, sftBatch, writePeerModels } from './peer-models.js';
import { peerTest, runPeer } from './peer-python.js';
import { givenRewards, givenRollouts, measureStep } from './recipe-step.js';

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

const promptOf = ({ prompts }: GrpoScenario, index: number): Int32Array => {
  const row = prompts[index];
  invariant(row, `prompt ${index}`);
  return tokenizer.encodePrompt(row.messages);
};

function grpoBatch(scenario: GrpoScenario) {
  const { model, prompts, completions, rewards, offPolicy, trl } = scenario;
  const folders = { model: join(root, model), reference: join(root, `${model}-reference`) };
  const ids = prompts.map((_, index) => [...promptOf(scenario, index)]);
  return { kind: 'grpo', ...folders, prompts: ids, completions, rewards, offPolicy, trl };
}

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
    ...GRPO_SCENARIOS.map(grpoBatch),
    dpoBatch(join(root, 'llama')),
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
  const common = { peers: ['trl', 'torch'], configuration };
  const difference = Math.abs(actual.loss - loss);
  expectWithin(context, { check: `${check} loss`, ...common, difference, bound: LOSS_TOLERANCE, unit: 'nats' });
  const differences = [...gradients].map(([name, { data }]) => relativeDifference(actual.gradients[name] ?? [], data));
  expectWithin(context, {
    check: `${check} gradients`,
    ...common,
    difference: differences.reduce((worst, each) => (each > worst || Number.isNaN(each) ? each : worst), 0),
    bound: GRADIENT_TOLERANCE,
    unit: 'relative',
  });
}

SFT_SCENARIOS.forEach((scenario, index) => {
  peerTest(`sft, ${scenario.name}`, async (context) => {
    const modelConfig = MODELS[scenario.model];
    const { config, rows, microBatchTokens, hasAdapter } = scenario;
    const actual = await measureStep(executor, {
      recipe: 'sft',
      config,
      modelConfig,
      weights: policyOf(modelConfig),
      rows,
      microBatchTokens,
      ...(hasAdapter ? { adapter: adapterOf(modelConfig) } : {}),
    });
    compare(context, 'SFT', scenario.name, actual, await expected(index));
  });
});

GRPO_SCENARIOS.forEach((scenario, index) => {
  peerTest(`grpo, ${scenario.name}`, async (context) => {
    const theirs = await expected(SFT_SCENARIOS.length + index);
    const modelConfig = MODELS[scenario.model];
    const { config, completions, microBatchTokens, prompts, rewards } = scenario;
    const samples = completions.map((tokens, i) => ({
      tokens: Int32Array.from(tokens),
      logProbs: Float32Array.from(theirs.old?.[i] ?? []),
      finishReason: 'stop' as const,
      policyVersion: 0,
    }));
    const samplesOf = new Map(
      prompts.map((_, p) => [promptOf(scenario, p).join(), samples.slice(p * GROUP, (p + 1) * GROUP)]),
    );
    const texts = completions.map((tokens) => tokenizer.decode(tokens, { skipSpecialTokens: true }));
    const actual = await measureStep(executor, {
      recipe: 'grpo',
      config: { group_size: GROUP, ...config },
      modelConfig,
      weights: policyOf(modelConfig),
      reference: referenceOf(modelConfig),
      rows: prompts,
      microBatchTokens,
      sampling: {
        rollouts: givenRollouts(samplesOf),
        grader: givenRewards(new Map(texts.map((text, i) => [text, rewards[i] ?? null]))),
      },
    });
    if (scenario.name !== 'on policy') expect(theirs.clipped).toBeGreaterThan(0);
    compare(context, 'GRPO', scenario.name, actual, theirs);
  });
});

peerTest('the program of DPO', async (context) => {
  const theirs = await expected(SFT_SCENARIOS.length + GRPO_SCENARIOS.length);
  const actual = await runDpo(executor, theirs.referenceMargin ?? []);
  compare(context, 'DPO (graph program)', 'sigmoid of the margin over a reference', actual, theirs);
});
