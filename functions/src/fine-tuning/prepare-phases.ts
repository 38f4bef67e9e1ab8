/**
 * The phases of a request with every value resolved, and what of them can be known to be wrong without reading a row: the
 * model, the files, the graders, the hyperparameters.
 */
import { ApiError, type ResolvedPhase, type RunnerClass, type StoredFile } from '@preheat/contracts';
import { type CompiledGrader, compileGrader } from '@preheat/graders';
import type { OpenGraders } from '../dependencies.js';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { recipeNamed } from '@preheat/recipes/catalog';
import type { ApiDependencies } from '../dependencies.js';
import type { FileLibrary } from '../files/file-library.js';
import { isStorable, refuseGone } from '../serving/find-model.js';
import { firstProblem } from './first-problem.js';
import { phaseConditions } from './phase-conditions.js';
import { refuseUnprovenGrader } from './prove-grader.js';
import type { RequestedPhase } from './requested-phases.js';

export interface PreparationDependencies {
  readonly models: ApiDependencies['models'];
  readonly files: FileLibrary;
  readonly openGraders: OpenGraders;
  readonly runnerClasses: readonly RunnerClass[];
}

/** Also a checkpoint that another project lets this one use. @throws ApiError `model_not_available`, or that it is gone. */
export async function describeModel(
  { models }: PreparationDependencies,
  projectId: string,
  name: string,
): Promise<ModelDescription> {
  const record = isStorable(name) ? await models.findCallable(projectId, name) : undefined;
  if (record) return models.describe(record);
  await refuseGone(models, projectId, name);
  const message = `The model '${name}' does not exist in this project. GET /v1/models lists those that do.`;
  throw new ApiError('model_not_available', message, { param: 'model' });
}

export interface PreparedPhase {
  readonly requested: RequestedPhase;
  readonly resolved: ResolvedPhase;
  readonly grader: CompiledGrader | null;
  readonly trainingFile: StoredFile;
  readonly validationFile: StoredFile | null;
}

/** @throws ApiError naming the field at fault. */
export async function preparePhase(
  { files, openGraders, runnerClasses }: PreparationDependencies,
  projectId: string,
  phase: RequestedPhase,
  model: ModelDescription,
): Promise<PreparedPhase> {
  const training = await dataFile(files, projectId, phase.trainingFile, phase.paths.trainingFile);
  const validation =
    phase.validationFile === null
      ? null
      : await dataFile(files, projectId, phase.validationFile, phase.paths.validationFile);
  const grader = phase.grader === null ? null : compiled(phase.grader, phase.paths.grader, runnerClasses);
  if (grader !== null) {
    await refuseUnprovenGrader(grader, { pool: await openGraders(), projectId, path: phase.paths.grader });
  }
  const scores = grader === null ? {} : { scores: [...grader.scorers.keys()] };
  const config = resolvedConfig(phase, { rows: training.lines ?? 0, model: model.config, ...scores });
  const resolved: ResolvedPhase = {
    type: phase.type,
    algorithm: phase.algorithm,
    trainingFile: training.file.id,
    validationFile: validation?.file.id ?? null,
    grader: grader === null ? null : { ...grader.grader },
    config,
    ...phaseConditions(phase, config),
  };
  return { requested: phase, resolved, grader, trainingFile: training, validationFile: validation };
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

/** Any runner may take the job, so one class without a way out is enough to refuse what calls out. */
function compiled(spec: unknown, path: string, runnerClasses: readonly RunnerClass[]): CompiledGrader {
  const isShutIn = runnerClasses.some(({ outbound }) => outbound === false);
  const result = compileGrader(spec, path, { isTraining: true, isShutIn });
  if (result.ok) return result.value;
  throw firstProblem('invalid_grader', result.problems);
}

function resolvedConfig(
  phase: RequestedPhase,
  facts: { rows: number; model: ModelDescription['config']; scores?: readonly string[] },
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
