/** One batch of items: conversations, answers and grades. Pure but for the decoder; whatever an item lacks is its own error. */
import { endTokenIds, type EvalRow, type OutputItem, type StoredEval, type StoredRun } from '@preheat/contracts';
import type { CompiledGrader, GraderPool, GraderSample, GradeResult } from '@preheat/graders';
import { TokenizerError } from '@preheat/tokenizer';
import { samplingOptions } from '../chat/plan-completion.js';
import type { ServedModel } from '../serving/decoder-serving.js';
import type { Conversation, MessageSource } from './run-messages.js';

export interface Criterion {
  readonly name: string;
  readonly type: string;
  readonly passThreshold: number;
  readonly compiled: CompiledGrader;
}

export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** Null: as much as the context leaves. */
  readonly maxCompletionTokens: number | null;
}

/** What an item is answered with: a model of the platform, or the sample that came with the item. */
export type Answerer =
  | { readonly kind: 'given' }
  | { readonly kind: 'model'; readonly model: ServedModel; readonly name: string; readonly messages: MessageSource };

export interface BatchContext {
  readonly run: StoredRun;
  readonly criteria: readonly Criterion[];
  readonly graders: GraderPool;
  readonly answerer: Answerer;
  readonly sampling: Sampling;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly input: Conversation;
  readonly sample: GraderSample;
  readonly finishReason: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly error: { code: string; message: string } | null;
}

/** Results in the order of the rows; `first` is the index of the first row in the data source. */
export async function evaluateBatch(
  context: BatchContext,
  rows: readonly EvalRow[],
  first: number,
): Promise<OutputItem[]> {
  const answers =
    context.answerer.kind === 'given'
      ? rows.map(givenAnswer)
      : await generatedAnswers(context, context.answerer, rows, first);
  const results = await gradeAnswers(context, rows, answers);
  return answers.map((answer, offset) =>
    toItem(context, rows[offset] as EvalRow, first + offset, answer, results[offset] ?? []),
  );
}

function givenAnswer({ sample }: EvalRow): Answer {
  const text = sample?.['output_text'];
  const output_text = typeof text === 'string' ? text : '';
  const given = { ...(sample ?? {}), output_text };
  return { input: [], sample: given, finishReason: 'stop', promptTokens: 0, completionTokens: 0, error: null };
}

type Prepared = { readonly input: Conversation; readonly tokens: Int32Array } | { readonly failed: Answer };

async function generatedAnswers(
  { sampling, signal }: BatchContext,
  { model, messages }: Extract<Answerer, { kind: 'model' }>,
  rows: readonly EvalRow[],
  first: number,
): Promise<Answer[]> {
  const context = model.config.max_position_embeddings;
  const reserved = sampling.maxCompletionTokens ?? 1;
  const prepared = rows.map((row) => prepare(row, messages, model, reserved));
  const requests = prepared.flatMap((item, offset) =>
    'tokens' in item ? [{ tokens: item.tokens, key: `item-${first + offset}` }] : [],
  );
  const longest = Math.max(0, ...requests.map(({ tokens }) => tokens.length));
  const { temperature, topP, seed } = sampling;
  const maxNewTokens = sampling.maxCompletionTokens ?? context - longest;
  const options = { maxNewTokens, temperature, topP, seed, signal, stopIds: endTokenIds(model.config) };
  const generated = requests.length === 0 ? [] : await model.decoder.generate(requests, options);
  const remaining = generated.values();
  return prepared.map((item) => {
    if ('failed' in item) return item.failed;
    const row = remaining.next().value;
    if (!row) throw new Error('the decoder gave fewer rows than requests');
    const spoken = row.finishReason === 'stop' ? row.tokens.subarray(0, -1) : row.tokens;
    const output_text = model.tokenizer.decode(spoken, { skipSpecialTokens: true });
    return {
      input: item.input,
      sample: { output_text },
      finishReason: row.finishReason,
      promptTokens: item.tokens.length,
      completionTokens: row.tokens.length,
      error: null,
    };
  });
}

function prepare(row: EvalRow, source: MessageSource, model: ServedModel, reserved: number): Prepared {
  const rendered = source.render(row);
  if (!rendered.ok) return { failed: failedAnswer([], 'invalid_item', rendered.message) };
  try {
    const tokens = model.tokenizer.encodePrompt(rendered.messages);
    const context = model.config.max_position_embeddings;
    if (tokens.length + reserved <= context) return { input: rendered.messages, tokens };
    const message = `The model holds ${context} tokens; the prompt has ${tokens.length}, the answer may take ${reserved}.`;
    return { failed: failedAnswer(rendered.messages, 'context_length_exceeded', message) };
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    return { failed: failedAnswer(rendered.messages, 'invalid_item', error.message) };
  }
}

function failedAnswer(input: Conversation, code: string, message: string): Answer {
  const sample = { output_text: '' };
  return { input, sample, finishReason: 'error', promptTokens: 0, completionTokens: 0, error: { code, message } };
}

function toItem(
  context: BatchContext,
  row: EvalRow,
  index: number,
  answer: Answer,
  results: OutputItem['results'],
): OutputItem {
  const { run, sampling, answerer } = context;
  const hasError = answer.error !== null || results.some((result) => 'errors' in result);
  return {
    object: 'eval.run.output_item',
    id: itemId(run.id, index),
    created_at: Math.floor(context.nowMs / 1000),
    run_id: run.id,
    eval_id: run.evalId,
    status: hasError ? 'error' : results.every((result) => result.passed) ? 'pass' : 'fail',
    datasource_item_id: index,
    datasource_item: row.item,
    results,
    sample: {
      input: answer.input.map(({ role, content }) => ({ role, content })),
      output: answer.error === null ? [{ role: 'assistant', content: answer.sample.output_text }] : [],
      finish_reason: answer.finishReason,
      model: answerer.kind === 'model' ? answerer.name : '',
      usage: {
        total_tokens: answer.promptTokens + answer.completionTokens,
        completion_tokens: answer.completionTokens,
        prompt_tokens: answer.promptTokens,
        cached_tokens: 0,
      },
      error: answer.error,
      temperature: sampling.temperature,
      max_completion_tokens: sampling.maxCompletionTokens ?? 0,
      top_p: sampling.topP,
      seed: sampling.seed,
    },
  };
}

/** Results of every answer, criterion by criterion, so that the pool decides how many are graded at once; none for failed answers. */
async function gradeAnswers(
  { criteria, graders, run, signal }: BatchContext,
  rows: readonly EvalRow[],
  answers: readonly Answer[],
): Promise<OutputItem['results'][]> {
  const results = answers.map((): OutputItem['results'] => []);
  const gradable = answers.flatMap(({ error, sample }, offset) =>
    error === null ? [{ offset, context: { sample, item: rows[offset]?.item ?? {} } }] : [],
  );
  const samples = gradable.map(({ context }) => context);
  for (const criterion of criteria) {
    const grades = await graders.gradeAll(criterion.compiled, samples, { projectId: run.projectId, signal });
    gradable.forEach(({ offset }, i) => results[offset]?.push(toResult(criterion, grades[i] as GradeResult)));
  }
  return results;
}

function toResult({ name, type, passThreshold }: Criterion, grade: GradeResult): OutputItem['results'][number] {
  const { reward, subRewards, isFlagged, errorMessages } = grade;
  return {
    name,
    type,
    score: reward,
    passed: !isFlagged && reward >= passThreshold,
    ...(Object.keys(subRewards).length > 0 ? { sub_scores: { ...subRewards } } : {}),
    ...(isFlagged ? { errors: [...errorMessages] } : {}),
  };
}

/** The index is part of the id, so that a page can continue after it without a search. */
export const itemId = (runId: string, index: number): string => `outputitem_${runId.split('_').pop()}_${index}`;

/** The index in an item id, or undefined when it is no item of this run. */
export function itemIndex(runId: string, id: string): number | undefined {
  const match = /_([0-9]{1,9})$/.exec(id);
  const index = match?.[1] === undefined ? undefined : Number(match[1]);
  return index !== undefined && itemId(runId, index) === id ? index : undefined;
}

export function samplingOf(run: StoredRun, fallbackSeed: number): Sampling {
  const params = run.dataSource.type === 'completions' ? run.dataSource.sampling_params : undefined;
  return {
    ...samplingOptions(params?.temperature, params?.top_p),
    seed: params?.seed ?? fallbackSeed,
    maxCompletionTokens: params?.max_completion_tokens ?? null,
  };
}

/** Compiled once a run. A `string_check` gives 0 or 1; anything else has a threshold of its own. */
export function toCriteria(evaluation: StoredEval, compile: (spec: object) => CompiledGrader): Criterion[] {
  return evaluation.testingCriteria.map((spec) => ({
    name: spec.name,
    type: spec.type,
    passThreshold: spec.pass_threshold ?? 1,
    compiled: compile(spec),
  }));
}
