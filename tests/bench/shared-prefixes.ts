/**
 * `npm run bench:prefixes`: a policy-gradient step whose prompts are computed once for all answers, beside one that computes
 * them with every answer. Both take turns in one process; a ratio is of medians.
 */
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { completionRecord, type LossSpec, reinforce, Trainer } from '@preheat/nn';
import { CounterRandom } from '@preheat/ports';
import { median } from './statistics.js';
import { figure, markdownTable } from './table.js';

const [PROMPTS, ANSWERS, ROUNDS, WARM_UP, VOCABULARY] = [32, 8, 6, 2, 512];
const CASES = [
  { layers: 4, width: 96, prompt: 16, answer: 48 },
  { layers: 4, width: 160, prompt: 16, answer: 48 },
  { layers: 4, width: 96, prompt: 128, answer: 48 },
  { layers: 4, width: 96, prompt: 17, answer: 100 },
];
const SPEC: LossSpec = {
  crossEntropy: false,
  policyGradient: { clipLow: 0.2, clipHigh: 0.3, dualClip: 0, temperature: 1, klBeta: 0, entropyBonus: 0 },
};
const OPTIMIZER = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };

const configOf = (layers: number, width: number): DecoderConfig => ({
  model_type: 'llama',
  vocab_size: VOCABULARY,
  hidden_size: width,
  intermediate_size: 8 * Math.round(width / 3),
  num_hidden_layers: layers,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  head_dim: width / 4,
  max_position_embeddings: 4096,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
});

const random = CounterRandom.fromSeed('shared prefixes');
const tokensOf = (length: number) => Int32Array.from({ length }, () => random.int(VOCABULARY));

function rowsOf(prompt: number, answer: number) {
  const prompts = Array.from({ length: PROMPTS }, () => tokensOf(prompt));
  return prompts.flatMap((tokens) =>
    Array.from({ length: ANSWERS }, () => {
      const logProbs = new Float32Array(answer).fill(-5);
      const sample = { prompt: tokens, tokens: tokensOf(answer), logProbs, policyVersion: 0 };
      return reinforce(completionRecord(sample, random.float() - 0.5));
    }),
  );
}

interface Side {
  readonly trainer: Trainer;
  readonly wall: number[];
  readonly processor: number[];
  tokens: number;
}

async function step(side: Side, rows: ReturnType<typeof rowsOf>, answer: number): Promise<void> {
  const [processor, started] = [process.cpuUsage(), performance.now()];
  const denominators = { policyGradient: rows.length * answer };
  const report = await side.trainer.step(rows, { spec: SPEC, denominators, learningRate: 1e-4 });
  const { user, system } = process.cpuUsage(processor);
  side.wall.push(performance.now() - started);
  side.processor.push(user + system);
  side.tokens = report.paddedTokens;
}

const executor = createOnnxExecutor();

async function row({ layers, width, prompt, answer }: (typeof CASES)[number]): Promise<string[]> {
  const config = configOf(layers, width);
  const rows = rowsOf(prompt, answer);
  const open = async (sharesPrefixes: boolean): Promise<Side> => {
    const options = { executor, config, optimizer: OPTIMIZER, limits: { sharesPrefixes } };
    const trainer = await Trainer.open(options, { weights: freshDecoder(config, 1) });
    return { trainer, wall: [], processor: [], tokens: 0 };
  };
  const [apart, shared] = [await open(false), await open(true)];
  for (let round = 0; round < WARM_UP + ROUNDS; round++)
    for (const side of [apart, shared]) await step(side, rows, answer);
  for (const { trainer } of [apart, shared]) await trainer.dispose();
  const ratio = (of: (side: Side) => number[]) =>
    figure(median(of(apart).slice(WARM_UP)) / median(of(shared).slice(WARM_UP)));
  return [
    `${layers}×${width}`,
    `${prompt} + ${answer}`,
    `${figure(shared.tokens)} of ${figure(apart.tokens)}`,
    ratio(({ wall }) => wall),
    ratio(({ processor }) => processor),
  ];
}

const rows: string[][] = [];
for (const each of CASES) rows.push(await row(each));
console.log(markdownTable(['model', 'prompt + answer', 'tokens', 'time, apart to shared', 'processor time'], rows));
await executor.dispose();
