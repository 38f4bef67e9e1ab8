/**
 * The grader of a reinforcement phase, run on answers before any training: what a group of completions earns, and whether
 * there is a difference to learn from. Where the model cannot be asked, the grader is still run, on empty answers, and the
 * report says that its rewards mean nothing.
 */
import { ApiError, MAX_REPORTED, type PreflightRewards } from '@preheat/contracts';
import {
  answeredSample,
  type CompiledGrader,
  type GradeResult,
  gradeOfPart,
  type GraderPool,
  type GraderSample,
} from '@preheat/graders';
import type { Clock } from '@preheat/ports';
import type { SampledRow } from '../data/examine-file.js';
import type { Sampled } from './sample-completions.js';
import { timeLimit } from '../../serving/time-limit.js';

export interface DryRun {
  readonly rewards: PreflightRewards;
  readonly refusals: readonly ApiError[];
  /** Hold unless forced. */
  readonly objections: readonly ApiError[];
  readonly warnings: readonly string[];
}

export interface DryRunOptions {
  readonly pool: GraderPool;
  readonly clock: Clock;
  readonly projectId: string;
  readonly path: string;
  readonly completionsPerRow: number;
  /** Parts that completions are compared by in turn, at least one; undefined: by the whole grade. */
  readonly turns: readonly (string | undefined)[];
}

const GRADING_LIMIT_MS = 30_000;
const MAX_SHOWN_CHARACTERS = 400;
const EMPTY_ANSWER = answeredSample({ content: '', calls: [], finishReason: 'stop' });

export async function dryRunGrader(
  grader: CompiledGrader,
  rows: readonly SampledRow[],
  sampled: Sampled,
  options: DryRunOptions,
): Promise<DryRun> {
  const answers = sampled.ok ? sampled.answers : rows.map(() => [EMPTY_ANSWER]);
  const samples = rows.flatMap(({ row }, index) => (answers[index] ?? []).map((sample) => ({ sample, item: row })));
  const { pool, projectId, clock } = options;
  const { signal, end } = timeLimit(clock, GRADING_LIMIT_MS);
  const grading = pool.gradeAll(grader, samples, { projectId, signal }).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
  const grades = await grading.finally(end);
  if (grades === null) return unfinished(sampled, options);
  const perRow = answers[0]?.length ?? 0;
  const groups = rows.map((_, index) => grades.slice(index * perRow, (index + 1) * perRow));
  return sampled.ok ? judged(rows, groups, sampled.answers, options) : proven(rows, grades, sampled.reason, options);
}

/** Of a grader that cannot be run here. */
export function unrunGrader(reason: string): DryRun {
  return { rewards: { ...NOTHING, not_sampled: reason }, refusals: [], objections: [], warnings: [] };
}

function unfinished(sampled: Sampled, { completionsPerRow }: DryRunOptions): DryRun {
  const reason = `the grader did not grade the sample rows within ${GRADING_LIMIT_MS / 1000} s`;
  const rewards = { ...NOTHING, completions_per_row: sampled.ok ? completionsPerRow : 0, not_sampled: reason };
  return { rewards, refusals: [], objections: [], warnings: [`${reason}: training will wait for it at every step`] };
}

/** Runs, and no more: rewards of empty answers are no measure. */
function proven(
  rows: readonly SampledRow[],
  grades: readonly GradeResult[],
  reason: string,
  options: DryRunOptions,
): DryRun {
  const failures = grades.filter(isFailure);
  const rewards = { ...NOTHING, rows: rows.length, flagged: failures.length, not_sampled: reason };
  const errors = messagesOf(failures);
  const all = failures.length === grades.length && grades.length > 0;
  const warnings = all
    ? [`The grader ('${options.path}') fails on an empty answer of every sample row: ${errors[0] ?? ''}`]
    : [];
  return { rewards: { ...rewards, grader_errors: errors }, refusals: [], objections: [], warnings };
}

function judged(
  rows: readonly SampledRow[],
  groups: readonly (readonly GradeResult[])[],
  answers: readonly (readonly GraderSample[])[],
  { path, completionsPerRow, turns }: DryRunOptions,
): DryRun {
  const failures = groups.flat().filter(isFailure);
  const errors = messagesOf(failures);
  const sampledRows = rows.map(({ line }, index) => {
    const rewards = (groups[index] ?? []).map(rewardOf);
    const completion = shownAnswer(answers[index]?.[0]).slice(0, MAX_SHOWN_CHARACTERS);
    return { line, rewards, ...momentsOf(rewards), completion };
  });
  const measured = sampledRows.flatMap(({ variance }) => variance ?? []);
  const rewards: PreflightRewards = {
    rows: rows.length,
    completions_per_row: completionsPerRow,
    not_sampled: null,
    mean: meanOf(sampledRows.flatMap((row) => row.rewards).filter((reward) => reward !== null)),
    variance: meanOf(measured),
    zero_variance_share: measured.length === 0 ? null : measured.filter(isFlat).length / measured.length,
    flagged: failures.length,
    grader_errors: errors,
    sampled_rows: sampledRows,
  };
  const byTurn = turns.map((part) => groups.map((group) => group.map((grade) => gradeInTurn(grade, part))));
  const nothingGraded = failures.length > 0 && byTurn.every((graded) => graded.flat().every(isFailure));
  const refusals = nothingGraded ? [brokenGrader(errors, path)] : [];
  const objections = isFlatInEvery(byTurn) ? [flatRewards(rewards, path)] : [];
  const warnings =
    failures.length > 0 && !nothingGraded
      ? [`The grader failed on ${failures.length} of ${groups.flat().length} sampled completions: ${errors[0] ?? ''}`]
      : [];
  return { rewards, refusals, objections, warnings };
}

const gradeInTurn = (grade: GradeResult, part: string | undefined): GradeResult =>
  part === undefined ? grade : gradeOfPart(grade, part);

/** Whether what is known of every turn is that it tells no completions apart. @param byTurn Of each turn, the groups. */
function isFlatInEvery(byTurn: readonly (readonly (readonly GradeResult[])[])[]): boolean {
  const variances = byTurn.map((groups) => groups.flatMap((group) => momentsOf(group.map(rewardOf)).variance ?? []));
  return variances.every((known) => known.length > 0 && known.every(isFlat));
}

/** As training sees it: a failure of the grader is nobody's reward. */
const rewardOf = (grade: GradeResult): number | null => (isFailure(grade) ? null : grade.reward);

/** Its text, or the calls where it is nothing else. */
const shownAnswer = ({ output_text: text = '', output_tools: calls }: GraderSample = {}): string =>
  text === '' && calls !== undefined ? JSON.stringify(calls) : text;

/** Rounding of equal rewards. */
const VARIANCE_OF_EQUALS = 1e-12;

const isFlat = (variance: number): boolean => variance <= VARIANCE_OF_EQUALS;

/** An answer that cannot be parsed earned its 0; anything else that is flagged is the grader's own failure. */
const isFailure = ({ isFlagged, errors }: GradeResult): boolean => isFlagged && !errors.sample_parse_error;

const messagesOf = (grades: readonly GradeResult[]): string[] =>
  [...new Set(grades.flatMap(({ errorMessages }) => errorMessages))].slice(0, MAX_REPORTED);

function brokenGrader(errors: readonly string[], path: string): ApiError {
  const message = `'${path}' graded none of the sampled completions: ${errors[0] ?? 'no reason was given'}. Try it with POST /v1/fine_tuning/alpha/graders/run.`;
  return new ApiError('invalid_grader', message, { param: path });
}

function flatRewards({ rows, completions_per_row: each, sampled_rows }: PreflightRewards, path: string): ApiError {
  const shown = sampled_rows
    .slice(0, 3)
    .map(({ line, mean, completion }) => `line ${line} earns ${mean} (${JSON.stringify(completion.slice(0, 60))})`);
  const message =
    `All ${each} completions of each of ${rows} sampled rows earn the same: ${shown.join('; ')}. Training compares the completions of a row, ` +
    `so there is nothing to learn from yet. Warm up with a supervised phase, give partial credit in '${path}', or raise temperature; ` +
    `"preflight": {"force": true} queues the job all the same.`;
  return new ApiError('zero_reward_variance', message, { param: path });
}

function momentsOf(rewards: readonly (number | null)[]): { mean: number | null; variance: number | null } {
  const known = rewards.filter((reward) => reward !== null);
  const mean = meanOf(known);
  if (mean === null || known.length < 2) return { mean, variance: null };
  return { mean, variance: known.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / known.length };
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const NOTHING: PreflightRewards = {
  rows: 0,
  completions_per_row: 0,
  not_sampled: null,
  mean: null,
  variance: null,
  zero_variance_share: null,
  flagged: 0,
  grader_errors: [],
  sampled_rows: [],
};
