/** What a job demands before its model is published, checked before the job is queued. */
import { ApiError, type Gate, type Publication, type PublishRequest, type StoredEval } from '@preheat/contracts';
import { checkRun, type RunChecks } from '../evaluation/check-run.js';
import type { Evals } from '../evaluation/evals.js';
import { firstProblem } from '../fine-tuning/first-problem.js';
import { refuseTakenName } from './aliases.js';

export interface PublishChecks extends RunChecks {
  readonly evals: Evals;
}

/** @param model That the job starts from: stands in for the one it will make. @throws ApiError naming the field. */
export async function checkPublish(
  deps: PublishChecks,
  projectId: string,
  model: string,
  { alias, gate }: PublishRequest,
): Promise<Publication> {
  await refuseTakenName(deps, projectId, alias, 'publish.alias');
  if (gate) await checkGate(deps, projectId, model, gate);
  return { alias, gate: gate ?? null, state: 'pending', runId: null, reasons: [] };
}

async function checkGate(deps: PublishChecks, projectId: string, model: string, gate: Gate): Promise<void> {
  const evaluation = await deps.evals.find(projectId, gate.eval_id);
  if (!evaluation) throw refuse('eval_id', `names no eval of this project: ${gate.eval_id}`);
  checkRequirements(evaluation, gate);
  const { data_source: source } = gate;
  if ((source.model ?? null) !== null) throw refuse('data_source.model', "must be left out: the job's model answers");
  if (source.source.type === 'file_content') {
    throw refuse('data_source.source', 'must be of type file_id or stored_completions; upload the rows as a file');
  }
  try {
    await checkRun(deps, evaluation, runOfGate(gate, model));
  } catch (error) {
    if (!(error instanceof ApiError) || !error.param) throw error;
    throw new ApiError(error.code, error.message, { param: `publish.gate.${error.param}` });
  }
}

/** The request of the run that decides. */
export function runOfGate({ data_source, samples_per_item }: Gate, model: string) {
  return { data_source: { ...data_source, model }, samples_per_item: samples_per_item ?? 1 };
}

function checkRequirements({ testingCriteria }: StoredEval, { require }: Gate): void {
  const known = testingCriteria.map(({ name }) => name);
  for (const [index, { testing_criteria: name = null, min_pass_rate, min_mean_score }] of require.entries()) {
    const at = `require.${index}`;
    if (name !== null && !known.includes(name)) {
      throw refuse(`${at}.testing_criteria`, `is no criterion of the eval; it has ${known.join(', ')}`);
    }
    if (min_pass_rate === undefined && min_mean_score === undefined) {
      throw refuse(at, 'demands nothing: give min_pass_rate or min_mean_score');
    }
    if (name === null && min_mean_score !== undefined) {
      throw refuse(`${at}.min_mean_score`, 'needs testing_criteria: all criteria together have no score');
    }
  }
}

function refuse(path: string, message: string): ApiError {
  return firstProblem('invalid_request', [{ path: `publish.gate.${path}`, message }]);
}
