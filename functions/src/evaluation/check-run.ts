/** Everything about a run that can be known to be wrong before a worker is rung. */
import {
  ApiError,
  type CreateRun,
  type EvalRow,
  type RunDataSource,
  type SampledDataSource,
  type StoredEval,
} from '@preheat/contracts';
import type { ApiDependencies } from '../dependencies.js';
import type { FileLibrary } from '../files/file-library.js';
import { firstProblem } from '../fine-tuning/first-problem.js';
import { isStorable, refuseGone } from '../serving/find-model.js';
import type { StoredCompletions } from '../stored-completions/stored-completions.js';
import { completionRows } from './completion-rows.js';
import { itemProblem } from './item-schema.js';
import { compileMessages, STORED_CONVERSATION } from './run-messages.js';
import { countFileRows } from './run-rows.js';
import { constrainingOf, modelOf, planAnswers, refuseUnservedSampling } from './run-sampling.js';

export interface RunChecks {
  readonly files: FileLibrary;
  readonly models: ApiDependencies['models'];
  readonly completions: StoredCompletions;
}

/** The rows of a run. `kept`: those that must be kept with it, as their source may change. */
export interface RunRows {
  readonly count: number;
  readonly kept?: readonly EvalRow[];
  /** Who answers: what an alias in the request stands for now, so that a run has one model however long it takes. */
  readonly model?: string;
}

/** @throws ApiError naming the field. */
export async function checkRun(deps: RunChecks, evaluation: StoredEval, request: CreateRun): Promise<RunRows> {
  const { data_source: source } = request;
  const model = source.type === 'jsonl' ? null : await checkAnswerer(deps, evaluation.projectId, source);
  checkSamples(request);
  return { ...(await rowsOf(deps, evaluation, source)), ...(model === null ? {} : { model }) };
}

/** The name of the model that answers; null when the rows bring their answers. */
async function checkAnswerer(
  { models }: RunChecks,
  projectId: string,
  source: SampledDataSource,
): Promise<string | null> {
  refuseUnservedSampling(source);
  const isStored = source.source.type === 'stored_completions';
  const model = modelOf(source);
  if (model === null) {
    if (!isStored)
      throw refuse(
        'data_source.model',
        'is required: rows of a file are answered by a model. Rows with their own samples go into a jsonl data source',
      );
    const useless = (['input_messages', 'sampling_params'] as const).find((key) => (source[key] ?? null) !== null);
    if (useless)
      throw refuse(`data_source.${useless}`, 'needs a model: without one the stored answers are graded as they are');
    return null;
  }
  const input = source.input_messages ?? (isStored ? STORED_CONVERSATION : null);
  if (input === null)
    throw refuse('data_source.input_messages', 'is required: it says what the model is asked about each row');
  const messages = compileMessages(input);
  if (!messages.ok) throw firstProblem('invalid_request', [messages.problem]);
  const record = isStorable(model) ? await models.findCallable(projectId, model) : undefined;
  if (record) {
    const constraining = constrainingOf(source);
    const isPlain = constraining.tools.length === 0 && (constraining.format ?? { type: 'text' }).type === 'text';
    if (!isPlain) planAnswers(await models.describe(record), constraining);
    return record.name;
  }
  await refuseGone(models, projectId, model);
  const message = `The model '${model}' does not exist in this project. GET /v1/models lists those that do.`;
  throw new ApiError('model_not_available', message, { param: 'data_source.model' });
}

function checkSamples({ data_source: source, samples_per_item, pass_at_k }: CreateRun): void {
  const samples = samples_per_item ?? 1;
  const tooMany = pass_at_k?.findIndex((k) => k > samples) ?? -1;
  if (tooMany >= 0) throw refuse(`pass_at_k.${tooMany}`, `must be at most samples_per_item, which is ${samples}`);
  if (samples === 1) return;
  if (modelOf(source) === null) throw refuse('samples_per_item', 'needs a model: rows bring one answer each');
  const { temperature, top_p } = (source as SampledDataSource).sampling_params ?? {};
  if (temperature === 0 || top_p === 0)
    throw refuse('samples_per_item', 'must be 1 with greedy decoding, which gives the same answer each time');
}

async function rowsOf(
  deps: RunChecks,
  evaluation: StoredEval,
  { source }: RunDataSource,
): Promise<Omit<RunRows, 'model'>> {
  if (source.type === 'stored_completions') {
    const kept = await completionRows(deps.completions, evaluation, source);
    return { count: kept.length, kept };
  }
  if (source.type === 'responses') {
    const message =
      "There are no stored responses here. Use a 'completions' data source with a source of type 'stored_completions', or bring the rows as file_id or file_content.";
    throw new ApiError('unsupported_parameter', message, { param: 'data_source.source' });
  }
  if (evaluation.completions) {
    const message = `must be of type stored_completions: the eval is about ${evaluation.completions.type}; an eval of type custom takes other rows`;
    throw refuse('data_source.source', message);
  }
  if (source.type === 'file_id') return { count: await countFileRows(deps.files, evaluation.projectId, source.id) };
  for (const [index, { item }] of source.content.entries()) {
    const problem = itemProblem(evaluation.itemSchema, item);
    if (!problem) continue;
    const path = ['data_source.source.content', index, 'item', problem.path].filter((part) => part !== '').join('.');
    throw refuse(path, `${problem.message} (item_schema of the eval)`);
  }
  return { count: source.content.length };
}

function refuse(path: string, message: string): ApiError {
  return firstProblem('invalid_request', [{ path, message }]);
}
