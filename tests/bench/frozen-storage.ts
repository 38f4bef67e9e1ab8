/**
 * What holding the weights under an adapter in fewer bits saves and costs: `npm run bench:frozen`. Each storage has a
 * process of its own, on the same fresh model and rows; memory is what the process holds after its last step.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freshDecoder, type LoraConfig } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { CROSS_ENTROPY, demonstrationRecord, type FrozenStorage, freshAdapter, imitate, Trainer } from '@preheat/nn';
import { CounterRandom } from '@preheat/ports';
import { median } from './statistics.js';
import { figure, markdownTable } from './table.js';

const STORAGES: readonly FrozenStorage[] = ['float32', 'float16', 'int8'];
const [ROWS, TOKENS, STEPS] = [8, 65, 6];
const config: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 4096,
  hidden_size: 512,
  intermediate_size: 1408,
  num_hidden_layers: 8,
  num_attention_heads: 8,
  num_key_value_heads: 8,
  head_dim: 64,
  max_position_embeddings: 512,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const lora: LoraConfig = {
  rank: 8,
  alpha: 16,
  usesRankStabilizedScale: false,
  dropout: 0,
  targetModules: ['all-linear'],
  rankPattern: {},
  alphaPattern: {},
  modulesToSave: [],
  baseModel: null,
};

interface Measured {
  readonly bytes: number;
  readonly stepMs: number;
  readonly losses: number[];
}

async function measure(frozenStorage: FrozenStorage): Promise<Measured> {
  const executor = createOnnxExecutor();
  const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
  const weights = freshDecoder(config, 1);
  const start = { weights, adapter: freshAdapter(config, lora, 1) };
  const trainer = await Trainer.open({ executor, config, optimizer, frozenStorage }, start);
  const random = CounterRandom.fromSeed('rows');
  const batch = Array.from({ length: ROWS }, () => {
    const tokens = Int32Array.from({ length: TOKENS }, () => random.int(config.vocab_size));
    return imitate(demonstrationRecord(tokens, new Uint8Array(TOKENS).fill(1)));
  });
  const request = { spec: CROSS_ENTROPY, denominators: { crossEntropy: ROWS * (TOKENS - 1) }, learningRate: 1e-3 };
  const [losses, times]: [number[], number[]] = [[], []];
  for (let step = 0; step < STEPS; step++) {
    const startMs = performance.now();
    losses.push((await trainer.step(batch, request)).loss);
    times.push(performance.now() - startMs);
  }
  const bytes = process.memoryUsage.rss();
  await executor.dispose();
  // The first step compiles.
  return { bytes, stepMs: median(times.slice(1)), losses };
}

function table(): string {
  const script = fileURLToPath(import.meta.url);
  const results = STORAGES.map((storage) => {
    const text = execFileSync(process.execPath, [...process.execArgv, script, storage], { encoding: 'utf8' });
    return { storage, ...(JSON.parse(text) as Measured) };
  });
  const [plain] = results;
  const rows = results.map(({ storage, bytes, stepMs, losses }) => {
    const differences = losses.map((loss, step) => Math.abs(loss - (plain?.losses[step] ?? Number.NaN)));
    return [
      storage,
      `${figure(bytes / 1e6)} MB`,
      `${figure(stepMs)} ms`,
      figure(stepMs / (plain?.stepMs ?? Number.NaN)),
      Math.max(...differences).toExponential(1),
    ];
  });
  return markdownTable(['held as', 'process', 'step', 'of float32', 'loss differs by at most, nats'], rows);
}

const wanted = STORAGES.find((storage) => storage === process.argv[2]);
console.log(wanted ? JSON.stringify(await measure(wanted)) : table());
