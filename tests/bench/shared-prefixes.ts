/**
 * `npm run bench:prefixes`: a policy-gradient step whose prompts are computed once for all answers, beside one that computes
 * them with every answer. Both take turns in one process; a ratio is of medians.
 */
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import type { Executor } from '@preheat/executor';
import { completionRecord, type LossSpec, reinforce, Trainer } from '@preheat/nn';
import { CounterRandom } from '@preheat/ports';
import { median } from './statistics.js';
import { figure, markdownTable } from './table.js';

const [PROMPTS, ANSWERS, ROUNDS, WARM_UP, VOCABULARY] = [32, 8, 6, 3, 512];

interface Case {
  readonly layers: number;
  readonly width: number;
  /** Tokens; medians where there is a spread. */
  readonly prompt: number;
  readonly answer: number;
  /** Of the logarithm of answers; that of prompts is a third of it. 0: all are alike. */
  readonly spread: number;
}

const CASES: readonly Case[] = [
  { layers: 4, width: 96, prompt: 16, answer: 48, spread: 0 },
  { layers: 4, width: 160, prompt: 16, answer: 48, spread: 0 },
  { layers: 4, width: 96, prompt: 128, answer: 48, spread: 0 },
  { layers: 4, width: 96, prompt: 17, answer: 100, spread: 0 },
  { layers: 4, width: 96, prompt: 64, answer: 48, spread: 0.5 },
  { layers: 4, width: 96, prompt: 128, answer: 48, spread: 0.5 },
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
const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
/** Log-normal about `middle`. */
const drawn = (middle: number, spread: number) => Math.max(2, Math.round(middle * Math.exp(spread * normal())));

function rowsOf({ prompt, answer, spread }: Case) {
  const prompts = Array.from({ length: PROMPTS }, () => tokensOf(drawn(prompt, spread / 3)));
  return prompts.flatMap((tokens) =>
    Array.from({ length: ANSWERS }, () => {
      const length = drawn(answer, spread);
      const logProbs = new Float32Array(length).fill(-5);
      const sample = { prompt: tokens, tokens: tokensOf(length), logProbs, policyVersion: 0 };
      return reinforce(completionRecord(sample, random.float() - 0.5));
    }),
  );
}

interface Side {
  readonly trainer: Trainer;
  readonly executor: Executor;
  readonly wall: number[];
  readonly processor: number[];
  tokens: number;
  sessions: number;
}

async function open(config: DecoderConfig, sharesPrefixes: boolean): Promise<Side> {
  const executor = createOnnxExecutor({ onSession: () => side.sessions++ });
  const options = { executor, config, optimizer: OPTIMIZER, limits: { sharesPrefixes } };
  const trainer = await Trainer.open(options, { weights: freshDecoder(config, 1) });
  const side: Side = { trainer, executor, wall: [], processor: [], tokens: 0, sessions: 0 };
  return side;
}

async function step(side: Side, rows: ReturnType<typeof rowsOf>): Promise<void> {
  const [processor, started] = [process.cpuUsage(), performance.now()];
  const denominators = { policyGradient: rows.length };
  const report = await side.trainer.step(rows, { spec: SPEC, denominators, learningRate: 1e-6 });
  const { user, system } = process.cpuUsage(processor);
  side.wall.push(performance.now() - started);
  side.processor.push(user + system);
  side.tokens += report.paddedTokens;
}

const total = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0);

async function row(each: Case): Promise<string[]> {
  const { layers, width, prompt, answer, spread } = each;
  const config = configOf(layers, width);
  const sides = [await open(config, false), await open(config, true)] as const;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const rows = rowsOf(each);
    if (round === WARM_UP) for (const side of sides) [side.tokens, side.sessions] = [0, 0];
    for (const side of sides) await step(side, rows);
  }
  const [apart, shared] = sides;
  for (const { trainer, executor } of sides) {
    await trainer.dispose();
    await executor.dispose();
  }
  // Where rows are all alike a step is as long as another, and the median is what the machine disturbed least.
  const typical = (times: number[]) => (spread === 0 ? median : total)(times.slice(WARM_UP));
  const ratio = (of: (side: Side) => number[]) => figure(typical(of(apart)) / typical(of(shared)));
  return [
    `${layers}×${width}`,
    `${prompt} + ${answer}${spread === 0 ? '' : `, σ ${spread}`}`,
    `${figure(shared.tokens / ROUNDS)} of ${figure(apart.tokens / ROUNDS)}`,
    ratio(({ wall }) => wall),
    ratio(({ processor }) => processor),
    `${shared.sessions} and ${apart.sessions}`,
  ];
}

const header = [
  'model',
  'prompt + answer',
  'tokens',
  'time, apart to shared',
  'processor time',
  'sessions made, shared and apart',
];
const rows: string[][] = [];
for (const each of CASES) rows.push(await row(each));
console.log(markdownTable(header, rows));
