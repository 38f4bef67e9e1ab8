/**
 * Everything that can be known to be wrong with a job before a machine is paid for: the model, the files, the graders,
 * the hyperparameters and every row. What it returns is complete, so a job that was accepted can run.
 */
import { ApiError, type ResolvedPhase, type StoredFile } from '@preheat/contracts';
import { type CompiledGrader, compileGrader, type GraderPool } from '@preheat/graders';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { recipeNamed } from '@preheat/recipes/catalog';
import type { ApiDependencies } from '../dependencies.js';
import type { FileLibrary } from '../files/file-library.js';
import { isStorable } from '../serving/find-model.js';
import { checkRows, type RowChecks } from './check-rows.js';
import { firstProblem } from './first-problem.js';
import { phaseConditions } from './phase-conditions.js';
import { refuseUnprovenGrader } from './prove-grader.js';
import type { RequestedPhase } from './requested-phases.js';

export interface PreflightDependencies {
  readonly models: ApiDependencies['models'];
  readonly files: FileLibrary;
  readonly graders: GraderPool;
}

/** @throws ApiError with the dotted path of the field at fault. */
export async function preflight(
  deps: PreflightDependencies,
  projectId: string,
  modelName: string,
  phases: readonly RequestedPhase[],
): Promise<ResolvedPhase[]> {
  const model = await describeModel(deps, projectId, modelName);
  const prepared = [];
  // What costs nothing first, for all phases; reading rows last.
  for (const phase of phases) prepared.push(await prepare(deps, projectId, phase, model));
  for (const phase of prepared) await checkFiles(deps, projectId, phase, model);
  return prepared.map(({ resolved }) => resolved);
}

async function describeModel(
  { models }: PreflightDependencies,
  projectId: string,
  name: string,
): Promise<ModelDescription> {
  const record = isStorable(name) ? await models.find(projectId, name) : undefined;
  if (record) return models.describe(record);
  const message = `The model '${name}' does not exist in this project. GET /v1/models lists those that do.`;
  throw new ApiError('model_not_available', message, { param: 'model' });
}

interface PreparedPhase {
  readonly requested: RequestedPhase;
  readonly resolved: ResolvedPhase;
  readonly grader: CompiledGrader | null;
  readonly training: StoredFile;
  readonly validation: StoredFile | null;
}

async function prepare(
  { files, graders }: PreflightDependencies,
  projectId: string,
  phase: RequestedPhase,
  model: ModelDescription,
): Promise<PreparedPhase> {
  const training = await dataFile(files, projectId, phase.trainingFile, phase.paths.trainingFile);
  const validation =
    phase.validationFile === null
      ? null
      : await dataFile(files, projectId, phase.validationFile, phase.paths.validationFile);
  const grader = phase.grader === null ? null : compiled(phase.grader, phase.paths.grader);
  if (grader !== null) {
    await refuseUnprovenGrader(grader, { pool: graders, projectId, path: phase.paths.grader });
  }
  const config = resolvedConfig(phase, { rows: training.lines ?? 0, model: model.config });
  const resolved: ResolvedPhase = {
    type: phase.type,
    algorithm: phase.algorithm,
    trainingFile: training.file.id,
    validationFile: validation?.file.id ?? null,
    grader: grader === null ? null : { ...grader.grader },
    config,
    ...phaseConditions(phase, config),
  };
  return { requested: phase, resolved, grader, training, validation };
}

async function dataFile(files: FileLibrary, projectId: string, id: string, param: string): Promise<StoredFile> {
  const stored = await files.find(projectId, id);
  if (!stored) {
    throw new ApiError('invalid_request', `'${param}' names no file of this project: ${id}.`, { param });
  }
  const { purpose, filename } = stored.file;
  if (purpose === 'fine-tune') return stored;
  const message = `'${param}' (${id}, ${filename}) was uploaded with purpose '${purpose}'. Upload it with purpose 'fine-tune'.`;
  throw new ApiError('invalid_file_purpose', message, { param });
}

function compiled(spec: unknown, path: string): CompiledGrader {
  const result = compileGrader(spec, path, { isTraining: true });
  if (result.ok) return result.value;
  throw firstProblem('invalid_grader', result.problems);
}

function resolvedConfig(
  phase: RequestedPhase,
  facts: { rows: number; model: ModelDescription['config'] },
): Record<string, unknown> {
  const recipe = recipeNamed(phase.algorithm);
  if (!recipe) throw new Error(`recipe ${phase.algorithm} passed the request schema but is not in the catalog`);
  const result = recipe.resolveConfig(phase.hyperparameters, facts);
  if (result.ok) return result.value as Record<string, unknown>;
  const problems = result.problems.map(({ path, message }) => ({
    path: `${phase.paths.hyperparameters}.${path}`,
    message,
  }));
  throw firstProblem('invalid_request', problems);
}

/** Longer demonstrations are cut at `max_sequence_length`; a prompt cannot be, so a rollout must fit as a whole. */
function roomOf(
  { type, config }: ResolvedPhase,
  model: ModelDescription,
): Pick<RowChecks, 'contextTokens' | 'completionTokens'> {
  const contextTokens = model.config.max_position_embeddings;
  if (type !== 'reinforcement') return { contextTokens, completionTokens: 0 };
  const { max_sequence_length: longest = contextTokens, max_completion_tokens: completionTokens = 0 } =
    config as Partial<Record<string, number>>;
  return { contextTokens: Math.min(contextTokens, longest), completionTokens };
}

async function checkFiles(
  { files }: PreflightDependencies,
  projectId: string,
  { requested, resolved, grader, training, validation }: PreparedPhase,
  model: ModelDescription,
): Promise<void> {
  const checks = {
    phaseType: resolved.type,
    tokenizer: model.tokenizer,
    ...roomOf(resolved, model),
    grader,
    graderPath: requested.paths.grader,
  };
  for (const [file, filePath] of [
    [training, requested.paths.trainingFile],
    [validation, requested.paths.validationFile],
  ] as const) {
    if (file === null) continue;
    const content = await files.content(projectId, file.file.id);
    await checkRows(file, content.body, { ...checks, filePath });
  }
}
