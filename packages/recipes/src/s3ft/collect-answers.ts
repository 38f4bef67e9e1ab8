/** Collect and score: the starting policy answers every row, first greedily, then by samples where that is not known to be right. */
import type { TensorMap } from '@preheat/checkpoints';
import { callableFunctions, invariant } from '@preheat/contracts';
import type { GradeResult } from '@preheat/graders';
import { readCalls, type Tokenizer } from '@preheat/tokenizer';
import type { RecipeContext, TrainingRow } from '../recipe.js';
import { collect, type Completion, rolloutsOf } from '../rollout/collect.js';
import { grade, trainingReward } from '../rollout/score.js';
import { GraderDownError } from '../training/grader-down-error.js';
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

/** Rows with the index of the first one in the file: it keeps the randomness of calls apart. */
interface Part {
  readonly rows: readonly TrainingRow[];
  readonly first: number;
}

/** A candidate, whether it was cut by its length, and what the grader complained of. */
interface Judged extends Candidate {
  readonly isCut: boolean;
  readonly complaint: string | null;
}

/**
 * One answer a row, in order.
 * @throws UnusableRowsError naming a row without a given answer, or when none has a right one. @throws GraderDownError when nothing
 * of the first part could be graded, or when no row is left to train on and some of them could not be graded.
 */
export async function collectAnswers(ctx: RecipeContext<S3ftConfig>): Promise<SelectedAnswer[]> {
  const { trainingRows, signal } = ctx;
  trainingRows.forEach(goldOf);
  await rolloutsOf(ctx).updateWeights(await startingPolicy(ctx), START_VERSION);
  const selected: SelectedAnswer[] = [];
  let complaint = '';
  for (let first = 0; first < trainingRows.length; first += ROWS_PER_CALL) {
    signal.throwIfAborted();
    const found = await selectFor(ctx, { rows: trainingRows.slice(first, first + ROWS_PER_CALL), first });
    selected.push(...found.selected);
    complaint ||= found.complaint;
    // One bad row is left out; a grader that is away would leave out all, after hours of sampling.
    if (selected.every(({ source }) => source === 'ungraded')) throw new GraderDownError(complaint);
  }
  const ungraded = ungradedCount(selected);
  if (selected.every(({ text }) => text === null)) {
    if (ungraded === 0) throw new UnusableRowsError(noneIsRight(selected));
    const left = `no answer to ${ungraded} of ${selected.length} rows, and there is no right answer to the others`;
    throw new GraderDownError(complaint, left);
  }
  return selected;
}

function noneIsRight(selected: readonly SelectedAnswer[]): string {
  const cut = selected.filter(({ isCut }) => isCut).length;
  const hint = cut > 0 ? `; ${cut} greedy answers were cut by max_completion_tokens` : '';
  return `s3ft: no answer to any of the ${selected.length} rows is right, and "fallback": "drop" leaves all of them out${hint}`;
}

export const ungradedCount = (selected: readonly SelectedAnswer[]): number =>
  selected.filter(({ source }) => source === 'ungraded').length;

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

/** The answers to train on, and the first complaint of the grader about a row of which it graded nothing. */
async function selectFor(ctx: RecipeContext<S3ftConfig>, { rows, first }: Part) {
  const { paraphrase_samples: samples, fallback, temperature } = ctx.config;
  const greedy = (await answersOf(ctx, { rows, first }, { perRow: 1, temperature: 0 })).flat();
  const open = rows.flatMap((_, i) => (greedy[i]?.isRight ? [] : [i]));
  const asked = { rows: open.map((i) => rows[i] as TrainingRow), first };
  const found = samples > 0 ? await answersOf(ctx, asked, { perRow: samples, temperature }) : [];
  const sampled = new Map(open.map((row, i) => [row, found[i] ?? []]));
  const selected = rows.map((row, i) => {
    const gold = fallback === 'gold' ? goldOf(row, first + i) : null;
    const answer = selectAnswer(greedy[i] as Judged, sampled.get(i) ?? [], gold);
    return greedy[i]?.isCut ? { ...answer, isCut: true } : answer;
  });
  const ungraded = selected.findIndex(({ source }) => source === 'ungraded');
  return { selected, complaint: greedy[ungraded]?.complaint ?? '' };
}

interface Draw {
  readonly perRow: number;
  readonly temperature: number;
}

/** Judged answers, `perRow` for each row. */
async function answersOf(
  ctx: RecipeContext<S3ftConfig>,
  { rows, first }: Part,
  { perRow, temperature }: Draw,
): Promise<Judged[][]> {
  if (rows.length === 0) return [];
  const seed = seedOf(ctx.seed, `s3ft answers ${first} ${perRow}`);
  const completions = await collect(ctx, rows, { perRow, temperature, seed, policyVersion: START_VERSION });
  const grades = await grade(ctx, completions);
  const judged = completions.map((completion, i) => judge(ctx.tokenizer, completion, grades[i]));
  return rows.map((_, row) => judged.slice(row * perRow, (row + 1) * perRow));
}

/** What was cut by its length is not whole, so it is not to be learned as an answer that ends, whatever the grader says. */
function judge(tokenizer: Tokenizer, { row, sample }: Completion, given: GradeResult | undefined): Judged {
  invariant(given, 'a grader grades every completion');
  const { content: text, calls } = readCalls(tokenizer, sample.tokens, callableFunctions(row));
  const reward = trainingReward(given);
  const isCut = sample.finishReason === 'length';
  const isRight = reward === null ? null : !isCut && reward >= RIGHT_REWARD;
  return { text, calls, isRight, isCut, complaint: given.errorMessages[0] ?? null };
}

/** @throws UnusableRowsError naming the row that has no answer. */
export function goldOf(row: TrainingRow, index: number): string {
  const gold = row[GOLD_KEY];
  if (typeof gold === 'string' && gold !== '') return gold;
  throw new UnusableRowsError(`s3ft: row ${index + 1} needs the given answer as a string under "${GOLD_KEY}"`);
}
