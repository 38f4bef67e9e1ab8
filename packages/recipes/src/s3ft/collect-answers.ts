/** Collect and score: the starting policy answers every row, first greedily, then by samples where that was wrong. */
import type { TensorMap } from '@preheat/checkpoints';
import { endTokenIds, invariant, listedTools } from '@preheat/contracts';
import type { RecipeContext, TrainingRow } from '../recipe.js';
import { seedOf } from '../training/random-streams.js';
import { openTrainer } from '../training/trainer-state.js';
import { UnusableRowsError } from '../training/unusable-rows-error.js';
import type { S3ftConfig } from './config.js';
import { type Candidate, RIGHT_REWARD, selectAnswer, type SelectedAnswer } from './select-answers.js';

/** Key of a row that holds the given answer. */
export const GOLD_KEY = 'answer';
/** Answers drawn at once: bounds what is held, and how long a cancelled job goes on. */
const ROWS_PER_CALL = 256;
const START_VERSION = 0;

export async function collectAnswers(ctx: RecipeContext<S3ftConfig>): Promise<SelectedAnswer[]> {
  invariant(ctx.rollouts, 's3ft needs rollouts: the runner supplies them to reinforcement phases');
  await ctx.rollouts.updateWeights(await startingPolicy(ctx), START_VERSION);
  const selected: SelectedAnswer[] = [];
  for (let first = 0; first < ctx.trainingRows.length; first += ROWS_PER_CALL) {
    ctx.signal.throwIfAborted();
    selected.push(...(await selectFor(ctx, ctx.trainingRows.slice(first, first + ROWS_PER_CALL), first)));
  }
  return selected;
}

/** The whole model: an adapter that the phase goes on with is folded in. */
async function startingPolicy(ctx: RecipeContext<S3ftConfig>): Promise<TensorMap> {
  if (!ctx.adapter) return ctx.initialWeights;
  const trainer = await openTrainer(ctx, 0);
  try {
    return await trainer.weights();
  } finally {
    await trainer.dispose();
  }
}

async function selectFor(ctx: RecipeContext<S3ftConfig>, rows: readonly TrainingRow[], first: number) {
  const { paraphrase_samples: samples, fallback, temperature } = ctx.config;
  const greedy = (await answersOf(ctx, rows, { perRow: 1, temperature: 0, first })).flat();
  const wrong = rows.flatMap((_, i) => ((greedy[i]?.reward ?? 0) >= RIGHT_REWARD ? [] : [i]));
  const asked = wrong.map((i) => rows[i] as TrainingRow);
  const found = samples > 0 ? await answersOf(ctx, asked, { perRow: samples, temperature, first }) : [];
  return rows.map((row, i) => {
    const gold = goldOf(row, first + i);
    const sampled = found[wrong.indexOf(i)] ?? [];
    return selectAnswer(greedy[i] as Candidate, sampled, fallback === 'gold' ? gold : null);
  });
}

interface Draw {
  readonly perRow: number;
  readonly temperature: number;
  /** Index of the first row in the file: keeps the randomness of calls apart. */
  readonly first: number;
}

/** Graded answers, `perRow` for each row. */
async function answersOf(
  ctx: RecipeContext<S3ftConfig>,
  rows: readonly TrainingRow[],
  { perRow, temperature, first }: Draw,
): Promise<Candidate[][]> {
  const { config, tokenizer, modelConfig, signal, rollouts, grader, seed } = ctx;
  invariant(rollouts && grader, 's3ft needs a grader: job creation refuses a reinforcement phase without one');
  if (rows.length === 0) return [];
  const prompts = rows.map((row) => tokenizer.encodePrompt(row.messages, { tools: listedTools(row) }));
  const longest = Math.max(...prompts.map(({ length }) => length));
  const samples = await rollouts.generate(
    prompts.flatMap((tokens, row) => Array.from({ length: perRow }, (_, i) => ({ tokens, rowKey: row * perRow + i }))),
    {
      maxNewTokens: Math.max(1, Math.min(config.max_completion_tokens, config.max_sequence_length - longest)),
      temperature,
      topP: 1,
      seed: seedOf(seed, `s3ft answers ${first} ${perRow}`),
      stopIds: endTokenIds(modelConfig),
      signal,
    },
  );
  const texts = samples.map(({ tokens }) => tokenizer.decode(tokens, { skipSpecialTokens: true }));
  const grades = await grader.gradeAll(
    texts.map((text, i) => ({ sample: { output_text: text }, item: rows[Math.floor(i / perRow)] as TrainingRow })),
    signal,
  );
  const candidates = texts.map((text, i) => ({ text, reward: grades[i]?.reward ?? 0 }));
  return rows.map((_, row) => candidates.slice(row * perRow, (row + 1) * perRow));
}

/** @throws UnusableRowsError naming the row that has no answer. */
export function goldOf(row: TrainingRow, index: number): string {
  const gold = row[GOLD_KEY];
  if (typeof gold === 'string' && gold !== '') return gold;
  throw new UnusableRowsError(`s3ft: row ${index + 1} needs the given answer as a string under "${GOLD_KEY}"`);
}
