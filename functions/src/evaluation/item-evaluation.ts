/** One batch of rows: answers and grades. Pure but for the decoder and the graders' services. */
import type { CriterionResult, EvalRow, OutputItem, RecordedRow, StoredEval, StoredRun } from '@preheat/contracts';
import { type Criterion, criterionResult, type GraderPool, type GradeResult } from '@preheat/graders';
import { type Answer, type Answerer, failedAnswer, generatedAnswers, givenAnswer } from './answers.js';
import { itemProblem } from './item-schema.js';
import type { Sampling } from './run-sampling.js';

/** What every item tells of its run. */
interface ItemContext {
  readonly run: StoredRun;
  readonly sampling: Sampling;
  readonly nowMs: number;
}

export interface BatchContext extends ItemContext {
  readonly itemSchema: StoredEval['itemSchema'];
  readonly criteria: readonly Criterion[];
  readonly graders: GraderPool;
  readonly answerer: Answerer;
  readonly signal: AbortSignal;
}

/** One answer to be graded. */
interface Case {
  readonly row: EvalRow;
  readonly rowIndex: number;
  readonly sampleIndex: number;
  readonly answer: Answer;
}

/**
 * Results row by row, and of each row answer by answer; `firstRow` is the index of the first row in the data source.
 */
export async function evaluateBatch(
  context: BatchContext,
  rows: readonly EvalRow[],
  firstRow: number,
): Promise<OutputItem[]> {
  const answers = await answersTo(context, rows, firstRow);
  const cases = rows.flatMap((row, offset) =>
    (answers[offset] ?? []).map((answer, sampleIndex): Case => {
      return { row, rowIndex: firstRow + offset, sampleIndex, answer };
    }),
  );
  const results = await gradeAnswers(context, cases);
  return cases.map((one, i) => toItem(context, one, results[i] ?? []));
}

/** Results of rows that came with answers and what these scored. */
export function recordedItems(context: ItemContext, rows: readonly RecordedRow[], firstRow: number): OutputItem[] {
  return rows.flatMap(({ item, answers }, offset) =>
    answers.map(({ sample, results }, sampleIndex) => {
      const row = { item, sample };
      return toItem(context, { row, rowIndex: firstRow + offset, sampleIndex, answer: givenAnswer(row) }, results);
    }),
  );
}

async function answersTo(context: BatchContext, rows: readonly EvalRow[], firstRow: number): Promise<Answer[][]> {
  const { answerer, sampling, signal, run, itemSchema } = context;
  const samples = run.samplesPerItem ?? 1;
  const misfits = rows.map(({ item }) => misfit(itemSchema, item));
  if (answerer.kind === 'given') return rows.map((row, i) => [misfits[i] ?? givenAnswer(row)]);
  const requests = rows.flatMap((row, i) => {
    const first = (firstRow + i) * samples;
    const keys = Array.from({ length: samples }, (_, sample) => `item-${first + sample}`);
    return misfits[i] ? [] : [{ row, keys }];
  });
  const generated = (await generatedAnswers(answerer, requests, sampling, signal)).values();
  return misfits.map((failed) =>
    failed ? Array.from({ length: samples }, () => failed) : (generated.next().value as Answer[]),
  );
}

function misfit(schema: StoredEval['itemSchema'], item: EvalRow['item']): Answer | undefined {
  const problem = itemProblem(schema, item);
  if (!problem) return undefined;
  const subject = problem.path === '' ? 'item' : `item.${problem.path}`;
  return failedAnswer('invalid_item', `${subject} ${problem.message} (item_schema of the eval).`);
}

/** Results of every answer, criterion by criterion, so that the pool decides how many are graded at once; none for failed answers. */
async function gradeAnswers(
  { criteria, graders, run, signal }: BatchContext,
  cases: readonly Case[],
): Promise<CriterionResult[][]> {
  const results = cases.map((): CriterionResult[] => []);
  const gradable = cases.flatMap(({ answer, row }, i) =>
    answer.error === null ? [{ i, context: { sample: answer.sample, item: row.item } }] : [],
  );
  const samples = gradable.map(({ context }) => context);
  for (const criterion of criteria) {
    const grades = await graders.gradeAll(criterion.compiled, samples, { projectId: run.projectId, signal });
    gradable.forEach(({ i }, at) => results[i]?.push(criterionResult(criterion, grades[at] as GradeResult)));
  }
  return results;
}

function toItem(
  { run, sampling, nowMs }: ItemContext,
  { row, rowIndex, sampleIndex, answer }: Case,
  results: CriterionResult[],
): OutputItem {
  const samples = run.samplesPerItem ?? 1;
  const hasError = answer.error !== null || results.some((result) => result.errors !== undefined);
  const { output_text } = answer.sample;
  return {
    object: 'eval.run.output_item',
    id: itemId(run.id, rowIndex * samples + sampleIndex),
    created_at: Math.floor(nowMs / 1000),
    run_id: run.id,
    eval_id: run.evalId,
    status: hasError ? 'error' : results.every((result) => result.passed) ? 'pass' : 'fail',
    datasource_item_id: rowIndex,
    datasource_item: row.item,
    ...(samples > 1 ? { sample_index: sampleIndex } : {}),
    results,
    sample: {
      input: answer.input.map(({ role, content }) => ({ role, content })),
      output: output_text === undefined ? [] : [{ role: 'assistant', content: output_text }],
      finish_reason: answer.finishReason,
      model: answer.model,
      usage: answer.usage,
      error: answer.error,
      temperature: sampling.temperature,
      max_completion_tokens: sampling.maxCompletionTokens ?? 0,
      top_p: sampling.topP,
      seed: sampling.seed,
    },
  };
}

/** The index among the answers is part of the id, so that a page can continue after it without a search. */
export const itemId = (runId: string, index: number): string => `outputitem_${runId.split('_').pop()}_${index}`;

/** The index in an item id, or undefined when it is no item of this run. */
export function itemIndex(runId: string, id: string): number | undefined {
  const match = /_([0-9]{1,9})$/.exec(id);
  const index = match?.[1] === undefined ? undefined : Number(match[1]);
  return index !== undefined && itemId(runId, index) === id ? index : undefined;
}
