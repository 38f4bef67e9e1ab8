/** What a step's event says about graders: scores, errors, time and tokens, for the whole grader and each part of a multi. */
import type { CompiledGrader, GradeResult, LeafResult, TokenUsage } from '@preheat/graders';
import { type Graded, mean, type StepTiming } from './report.js';

type Split = 'train' | 'valid';
interface Part {
  readonly name: string;
  readonly type: string;
  readonly model?: string;
  /** Null for the whole grader. */
  readonly key: string | null;
}

/** The event's nested part, as OpenAI's reinforcement events have it; times in milliseconds. */
export function eventTree({ grader }: CompiledGrader, train: Graded, valid: Graded | null, timing: StepTiming) {
  const leaves = grader.type === 'multi' ? Object.entries(grader.graders) : [];
  const parts: Part[] = [{ ...grader, key: null }, ...leaves.map(([key, leaf]) => ({ ...leaf, name: key, key }))];
  const both = (describe: (split: Split, grades: readonly GradeResult[]) => Record<string, number>) => ({
    ...describe('train', train.grades),
    ...(valid ? describe('valid', valid.grades) : {}),
  });
  const each = (describe: (split: Split, grades: readonly GradeResult[], part: Part) => Record<string, number>) =>
    parts.map((part) => ({
      name: part.name,
      type: part.type,
      ...both((split, grades) => describe(split, grades, part)),
    }));
  const judges = parts.filter((part) => part.model !== undefined);
  const usage = judges.map((part) => ({
    name: part.name,
    type: part.type,
    model: part.model,
    ...both((split, grades) => tokenCounts(split, grades, part)),
  }));
  return {
    scores: {
      ...both((split, grades) => ({ [`${split}_reward_mean`]: mean(grades.map(({ reward }) => reward)) })),
      graders: each((split, grades, part) => ({ [`${split}_reward_mean`]: mean(grades.map((g) => scoreOf(g, part))) })),
    },
    // These models have no separate reasoning.
    usage: { graders: usage, samples: both(noReasoning) },
    errors: { graders: each(errorCounts) },
    timing: {
      step: timing,
      graders: each((split, grades, part) => ({
        [`${split}_execution_latency_mean`]: mean(grades.map((grade) => latencyOf(grade, part))),
      })),
    },
    model_graders_token_usage: tokensByModel(train, valid),
  };
}

const noReasoning = (split: Split): Record<string, number> => ({
  [`${split}_reasoning_tokens_mean`]: 0,
  [`${split}_reasoning_tokens_count`]: 0,
});

const scoreOf = ({ reward, subRewards }: GradeResult, { key }: Part): number =>
  key === null ? reward : (subRewards[key] ?? 0);

/** The whole grader takes as long as its slowest part: parts run side by side. */
const latencyOf = (grade: GradeResult, part: Part): number =>
  Math.max(0, ...leavesOf(grade, part).map(({ latencyMs }) => latencyMs));

const leavesOf = ({ leaves }: GradeResult, { key }: Part): LeafResult[] =>
  Object.entries(leaves).flatMap(([name, leaf]) => (key === null || key === name ? [leaf] : []));

const ERROR_KINDS = [
  'sample_parse_error',
  'invalid_variable_error',
  'other_error',
  'python_grader_server_error',
  'python_grader_runtime_error',
  'model_grader_server_error',
] as const;

function errorCounts(split: Split, grades: readonly GradeResult[], part: Part): Record<string, number> {
  return Object.fromEntries(
    ERROR_KINDS.flatMap((kind) => {
      const raised = grades.filter((grade) =>
        part.key === null
          ? grade.errors[kind]
          : leavesOf(grade, part).some(({ outcome }) => !outcome.ok && outcome.flag === kind),
      ).length;
      return [
        [`${split}_${kind}_mean`, raised / Math.max(1, grades.length)],
        [`${split}_${kind}_count`, raised],
      ];
    }),
  );
}

function tokenCounts(split: Split, grades: readonly GradeResult[], part: Part): Record<string, number> {
  const usages = grades.flatMap((grade) => leavesOf(grade, part).flatMap(({ usage }) => Object.values(usage)));
  const sum = (field: keyof TokenUsage) => usages.reduce((total, usage) => total + usage[field], 0);
  const counts = { prompt_tokens: sum('prompt_tokens'), completion_tokens: sum('completion_tokens') };
  return Object.fromEntries(
    Object.entries(counts).flatMap(([field, count]) => [
      [`${split}_${field}_mean`, count / Math.max(1, grades.length)],
      [`${split}_${field}_count`, count],
    ]),
  );
}

function tokensByModel(train: Graded, valid: Graded | null): Record<string, Record<string, number>> {
  const byModel: Record<string, Record<string, number>> = {};
  for (const [split, graded] of [
    ['train', train],
    ['eval', valid],
  ] as const) {
    for (const grade of graded?.grades ?? []) {
      for (const leaf of Object.values(grade.leaves)) addUsage(byModel, split, leaf.usage);
    }
  }
  return byModel;
}

function addUsage(byModel: Record<string, Record<string, number>>, split: string, usage: LeafResult['usage']): void {
  for (const [model, tokens] of Object.entries(usage)) {
    const sums = (byModel[model] ??= {});
    for (const field of ['prompt_tokens', 'completion_tokens', 'cached_tokens'] as const) {
      sums[`${split}_${field}`] = (sums[`${split}_${field}`] ?? 0) + tokens[field];
    }
  }
}
