/**
 * The demo's numbers, all of them: sizes, seeds, hyperparameters, grader. They were chosen on the validation part of the
 * dictionary; the test part is read once, for the table.
 */
import type { CreateEval, CreateJob, CreateRun, GraderSpec } from '@preheat/sdk';

export const DEMO_MODEL = 'preheat-1m';

export interface DemoSizes {
  /** Words of the training part: first for SFT, then as many others for RL. */
  readonly words: number;
  readonly sftSteps: number;
  readonly rlSteps: number;
  /** Held-out words on which the models are compared. */
  readonly evalWords: number;
  readonly seed: number;
}

export const DEMO_SIZES: DemoSizes = { words: 50_000, sftSteps: 400, rlSteps: 130, evalWords: 500, seed: 7 };

const SFT = { batch_size: 128, learning_rate: 3e-3 } as const;
const RL = { batch_size: 64, group_size: 8, learning_rate: 2e-4, max_completion_tokens: 24 } as const;

/** Longest answer in the evaluation; the longest word of the dictionary part used has fewer tokens. */
const MAX_ANSWER_TOKENS = 64;

/** 1 − phoneme error rate against the nearest of the item's pronunciations. */
const PHONEMES: GraderSpec = {
  type: 'phoneme_error_rate',
  name: 'phonemes',
  input: '{{sample.output_text}}',
  references: '{{item.references}}',
};

/** Half for the phonemes, half for the whole word: the score is 1, and its floor not 0, only when every phoneme is right. */
export const REWARD: GraderSpec = {
  type: 'multi',
  name: 'reward',
  graders: { phonemes: PHONEMES },
  calculate_output: '0.5 * phonemes + 0.5 * floor(phonemes)',
};

/** Both phases as one job. Each phase reads its own rows, and starts from the weights of the one before it. */
export function demoJob(files: { sft: string; rl: string }, sizes: DemoSizes): CreateJob {
  return {
    model: DEMO_MODEL,
    training_file: files.sft,
    suffix: 'letter-to-sound',
    seed: sizes.seed,
    pipeline: [
      { type: 'supervised', algorithm: 'sft', hyperparameters: { ...SFT, max_steps: sizes.sftSteps } },
      {
        type: 'reinforcement',
        algorithm: 'grpo',
        training_file: files.rl,
        grader: REWARD,
        hyperparameters: { ...RL, max_steps: sizes.rlSteps },
      },
    ],
  };
}

export const demoEval: CreateEval = {
  name: 'letter-to-sound, held-out words',
  data_source_config: {
    type: 'custom',
    item_schema: {
      type: 'object',
      properties: { word: { type: 'string' }, references: { type: 'array', items: { type: 'string' } } },
      required: ['word', 'references'],
    },
    include_sample_schema: true,
  },
  testing_criteria: [
    { ...REWARD, pass_threshold: 1 },
    { ...PHONEMES, pass_threshold: 1 },
  ],
};

/** How the models are made to answer; the same for all of them. */
export const DECODINGS = [
  { name: 'sampled', label: 'temperature 1', temperature: 1 },
  { name: 'greedy', label: 'greedy', temperature: 0 },
] as const;
export type Decoding = (typeof DECODINGS)[number];

export function demoRun(model: string, rows: string, decoding: Decoding, sizes: DemoSizes): CreateRun {
  return {
    name: `${model} ${decoding.label}`.slice(-256),
    data_source: {
      type: 'completions',
      model,
      source: { type: 'file_id', id: rows },
      input_messages: { type: 'template', template: [{ role: 'user', content: '{{item.word}}' }] },
      sampling_params: {
        temperature: decoding.temperature,
        seed: sizes.seed,
        max_completion_tokens: MAX_ANSWER_TOKENS,
      },
    },
  };
}
