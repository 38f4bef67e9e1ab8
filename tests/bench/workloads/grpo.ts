/**
 * Seconds of a whole GRPO step of the product: the real recipe with its real rollouts and grading. Prints one JSON line.
 * Rows make exactly `--new` tokens unless `--stop-at-eos` is given, as in the peer.
 */
import { gradeAll, type GradingContext } from '@preheat/graders';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DecoderPool } from '@preheat/inference';
import { type AnyRecipe, type Rollouts, RUNTIMES } from '@preheat/recipes';
import { recipeNamed } from '@preheat/recipes/catalog';
import { loadTokenizer } from '@preheat/tokenizer';
import { DecoderRollouts } from '../../../gpu-runner/src/rollouts.js';
import { arithmeticGrader, arithmeticRows } from './arithmetic-prompts.js';
import { openExecutor, silent } from './open-executor.js';
import { openModel } from './open-model.js';
import { median } from '../statistics.js';
import { report, timeSteps } from './timing.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    prompts: { type: 'string', default: '32' },
    generations: { type: 'string', default: '8' },
    'prompt-len': { type: 'string', default: '16' },
    new: { type: 'string', default: '48' },
    beta: { type: 'string', default: '0' },
    steps: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '1' },
    'stop-at-eos': { type: 'boolean', default: false },
  },
});
const [steps, warmup, prompts] = [Number(values.steps), Number(values.warmup), Number(values.prompts)];
const folder = String(values.model);
const { config: modelConfig, tensors } = openModel(folder);
const readJson = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
// The peer is given text, not a conversation: this template writes the text and nothing around it.
const tokenizer = loadTokenizer({
  tokenizerJson: readJson('tokenizer.json'),
  tokenizerConfig: {
    ...readJson('tokenizer_config.json'),
    chat_template: '{% for message in messages %}{{ message.content }}{% endfor %}',
  },
});
const trainingRows = arithmeticRows(prompts * (steps + warmup), Number(values['prompt-len']));
const requested = {
  batch_size: prompts,
  group_size: Number(values.generations),
  max_completion_tokens: Number(values.new),
  kl_beta: Number(values.beta),
  learning_rate: 1e-4,
  warmup_ratio: 0,
  weight_decay: 0,
  n_epochs: 1,
};
const resolved = recipeNamed('grpo')?.resolveConfig(requested, { rows: trainingRows.length, model: modelConfig });
if (!resolved?.ok) throw new Error(JSON.stringify(resolved));

const executor = await openExecutor('onnx');
const decoder = await DecoderPool.create(modelConfig, tensors, { workers: availableParallelism() });
const sampler = new DecoderRollouts(decoder);
const unstopped: Rollouts = {
  generate: (rows, options) => sampler.generate(rows, { ...options, stopIds: [] }),
  updateWeights: (weights, version) => sampler.updateWeights(weights, version),
};
const recipe = RUNTIMES['grpo'] as AnyRecipe;
const context = {
  config: resolved.value,
  seed: 1,
  modelConfig,
  initialWeights: tensors,
  referencePolicy: async () => ({ weights: tensors, adapter: null }),
  tokenizer,
  trainingRows,
  validationRows: [],
  executor,
  microBatchTokens: undefined,
  rollouts: values['stop-at-eos'] ? sampler : unstopped,
  grader: {
    compiled: arithmeticGrader,
    gradeAll: (samples: readonly GradingContext[], signal: AbortSignal) =>
      gradeAll(arithmeticGrader, samples, { signal }),
  },
  signal: new AbortController().signal,
  log: silent,
  monotonicMs: () => performance.now(),
};
let state = await recipe.init(context);
const timings: { sampling: number; training: number }[] = [];
let metrics: Readonly<Record<string, number>> = {};
const seconds = await timeSteps({ steps, warmup }, async () => {
  const result = await recipe.step(state, context);
  state = result.state;
  metrics = result.metrics;
  timings.push((result.event.data['timing'] as { step: { sampling: number; training: number } }).step);
});
const part = (name: 'sampling' | 'training') => median(timings.slice(warmup).map((timing) => timing[name])) / 1000;
report({
  s_per_step: median(seconds),
  generate_s: part('sampling'),
  update_s: part('training'),
  mean_length: metrics['completion_tokens_mean'],
  frac_zero_variance: metrics['frac_zero_variance'],
  trained_rows: metrics['trained_rows'],
  max_logprob_mismatch: metrics['max_logprob_mismatch'],
});
await recipe.dispose(state);
await decoder.close();
await executor.dispose();
