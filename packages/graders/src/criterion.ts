/** A grader as a criterion of an eval: what a grade is worth there, and how it is told. */
import { type CriterionResult, InvariantError, type ModelSample, type TestingCriterion } from '@preheat/contracts';
import { compileGrader } from './compile-grader.js';
import type { CompiledGrader } from './compiled-grader.js';
import type { GradeResult, LeafResult } from './grade.js';

export interface Criterion {
  readonly name: string;
  readonly type: string;
  readonly passThreshold: number;
  readonly compiled: CompiledGrader;
}

/** Of a stored eval. A check gives 0 or 1; anything else has a threshold of its own. */
export function storedCriterion(spec: TestingCriterion): Criterion {
  const compiled = compileGrader(spec);
  if (!compiled.ok) throw new InvariantError(`a stored criterion no longer compiles: ${compiled.problems[0]?.message}`);
  return { name: spec.name, type: spec.type, passThreshold: spec.pass_threshold ?? 1, compiled: compiled.value };
}

export function criterionResult(
  { name, type, passThreshold, compiled }: Criterion,
  grade: GradeResult,
): CriterionResult {
  const { reward, subRewards, isFlagged, errorMessages, leaves } = grade;
  const judged = Object.entries(leaves).flatMap(([key, leaf]) => {
    const sample = judgeSample(leaf);
    return sample ? [[key, sample] as const] : [];
  });
  const isMulti = compiled.grader.type === 'multi';
  return {
    name,
    type,
    score: reward,
    passed: !isFlagged && reward >= passThreshold,
    sample: isMulti ? null : (judged[0]?.[1] ?? null),
    ...(isMulti && judged.length > 0 ? { sub_samples: Object.fromEntries(judged) } : {}),
    ...(Object.keys(subRewards).length > 0 ? { sub_scores: { ...subRewards } } : {}),
    ...(isFlagged ? { errors: [...errorMessages] } : {}),
  };
}

/** What a judge was asked and said. Its usage is nothing when the answer was remembered. */
function judgeSample({ judgement, usage }: LeafResult): ModelSample | undefined {
  if (!judgement) return undefined;
  const { request, answer } = judgement;
  const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cached_tokens: 0 };
  return {
    input: request.messages.map(({ role, content }) => ({ role, content })),
    output: [{ role: 'assistant', content: answer.text }],
    finish_reason: answer.finishReason,
    model: request.model,
    usage: { ...(usage[request.model] ?? nothing) },
    error: null,
    temperature: request.temperature,
    max_completion_tokens: request.maxTokens ?? 0,
    top_p: request.topP,
    seed: request.seed,
  };
}
