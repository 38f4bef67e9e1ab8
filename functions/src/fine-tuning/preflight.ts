/**
 * Everything that can be known of a job before a machine is paid for: the model, the files, the graders, the
 * hyperparameters and every row; then what it will take of memory, time and money, and whether its grader tells answers
 * apart. Creating a job and `POST /v1/x/preflight` go this one way: what is reported is what would be refused.
 */
import type {
  ApiError,
  Guards,
  JobLimits,
  ModelRecord,
  PreflightReport,
  PreflightRequest,
  ResolvedPhase,
  StoredFile,
} from '@preheat/contracts';
import type { ModelDescription } from '@preheat/inference/model-registry';
import type { ThroughputLedger } from '@preheat/jobs';
import type { ApiDependencies } from '../dependencies.js';
import { type Depth, type ExaminedFile, examineFile } from './data/examine-file.js';
import type { RowChecks } from './data/row-checks.js';
import { bytesRead, type DataFile, refuseTooMuchData } from './data/data-files-limit.js';
import { dataObjections } from './data/data-objections.js';
import { ItemShape } from './data/item-shape.js';
import { segmentObjections } from './data/segment-objections.js';
import { judgeClass, sumOf } from './estimate/judge-classes.js';
import { memoryObjections, storageObjections } from './estimate/memory-objections.js';
import { budgetObjections, firstStepObjections, type Objections } from './estimate/objections.js';
import { phaseWork } from './estimate/phase-work.js';
import { type JobEvaluation, jobEvaluation } from './job-evaluation.js';
import { describeModel, type PreparationDependencies, type PreparedPhase, preparePhase } from './prepare-phases.js';
import type { RequestedPhase } from './requested-phases.js';
import { dryRunPhase, type RewardCheck } from './rewards/dry-run-phase.js';

export interface PreflightDependencies extends PreparationDependencies {
  readonly decoders: ApiDependencies['decoders'];
  readonly clock: ApiDependencies['clock'];
  readonly log: ApiDependencies['log'];
  readonly throughput: Pick<ThroughputLedger, 'read'>;
}

export interface PreflightSubject {
  readonly projectId: string;
  readonly model: string;
  readonly phases: readonly RequestedPhase[];
  readonly limits: JobLimits;
  readonly guards: Guards;
  readonly wishes: PreflightRequest | null;
  /** Of the completions that are sampled. */
  readonly seed: number;
  readonly depth: Depth;
}

export interface Preflight {
  /** What the first phase starts from. */
  readonly model: ModelRecord;
  readonly phases: ResolvedPhase[];
  /** What the eval of the job is to be; undefined where no phase is rewarded by a grader. */
  readonly evaluation: JobEvaluation | undefined;
  readonly report: PreflightReport;
  /** What the job is refused with, the first one first. */
  readonly refusals: readonly ApiError[];
}

/** @throws ApiError with the dotted path of the field at fault, where that leaves nothing to report. */
export async function preflight(deps: PreflightDependencies, subject: PreflightSubject): Promise<Preflight> {
  const { projectId, wishes } = subject;
  const model = await describeModel(deps, projectId, subject.model);
  const prepared = [];
  // What costs nothing first, for all phases; reading rows last.
  for (const phase of subject.phases) prepared.push(await preparePhase(deps, projectId, phase, model));
  refuseTooMuchData(prepared.flatMap(dataFilesOf));
  const examined = [];
  for (const phase of prepared) examined.push(await examine(deps, subject, phase, model));
  const faults = examined.flatMap(({ training, validation }) => [...training.errors, ...(validation?.errors ?? [])]);
  const rewards = [];
  for (const [index, phase] of examined.entries()) {
    // Sampling answers to rows that are wrong would cost and prove nothing.
    rewards.push(faults.length > 0 ? null : await dryRunPhase(deps, { ...subject, model, index }, phase));
  }
  const { objections, ...estimated } = await estimate(deps, subject, model, examined);
  const data = examined.map((phase) => dataObjections(phase));
  const certain = [
    ...faults,
    ...data.flatMap((found) => found.refusals),
    ...rewards.flatMap((check) => check?.refusals ?? []),
  ];
  const segments = examined.map(({ requested, resolved }) =>
    segmentObjections(model.tokenizer, resolved.config, requested.paths.hyperparameters),
  );
  const doubts = [...segments, ...objections, ...rewards.flatMap((check) => (check ? [check.objections] : []))];
  const told = judge(certain, doubts, wishes?.force === true);
  const warnings = [...data.flatMap((found) => found.warnings), ...told.warnings];
  const report = reportOf(subject.model, { refusals: told.refusals, warnings }, estimated, examined, rewards);
  const phases = examined.map(({ resolved }) => resolved);
  return { model: model.record, phases, evaluation: jobEvaluation(examined), report, refusals: told.refusals };
}

function dataFilesOf({ requested, trainingFile, validationFile }: PreparedPhase): DataFile[] {
  const training = { stored: trainingFile, path: requested.paths.trainingFile };
  return validationFile ? [training, { stored: validationFile, path: requested.paths.validationFile }] : [training];
}

/** Doubts refuse a job as well, unless it is forced: then they are warnings. */
function judge(certain: readonly ApiError[], doubts: readonly Objections[], isForced: boolean): Objections {
  const doubted = doubts.flatMap(({ refusals }) => refusals);
  const warnings = doubts.flatMap((found) => found.warnings);
  if (!isForced) return { refusals: [...certain, ...doubted], warnings };
  return { refusals: certain, warnings: [...doubted.map(({ message }) => `Forced: ${message}`), ...warnings] };
}

const MAX_TOLD = 64;
const MAX_CHARACTERS = 4096;

function reportOf(
  model: string,
  { refusals, warnings }: Objections,
  { classes, trainedTokens, works }: Omit<Awaited<ReturnType<typeof estimate>>, 'objections'>,
  examined: readonly ExaminedPhase[],
  rewards: readonly (RewardCheck | null)[],
): PreflightReport {
  return {
    object: 'preflight',
    model,
    ready: refusals.length === 0,
    errors: refusals.map((error) => error.toBody().error).slice(0, MAX_TOLD),
    trained_tokens: trainedTokens,
    classes,
    warnings: warnings.map((text) => text.slice(0, MAX_CHARACTERS)).slice(0, MAX_TOLD),
    phases: examined.map(({ resolved, training, validation }, index) => ({
      type: resolved.type,
      algorithm: resolved.algorithm,
      steps: works[index]?.steps ?? 0,
      trained_tokens: works[index]?.tokens ?? { low: 0, high: 0 },
      training: training.data,
      validation: validation?.data ?? null,
      rewards: rewards[index]?.rewards ?? null,
    })),
  };
}

/** A phase whose rows were read. */
interface ExaminedPhase extends PreparedPhase {
  readonly training: ExaminedFile;
  readonly validation: ExaminedFile | null;
  /** Of the rows of both files. */
  readonly shape: ItemShape;
}

/** Longer demonstrations are cut at `max_sequence_length`; a prompt cannot be, so a rollout must fit as a whole. */
function roomOf(
  { type, config }: ResolvedPhase,
  model: ModelDescription,
): Pick<RowChecks, 'contextTokens' | 'completionTokens' | 'maxSequenceLength'> {
  const contextTokens = model.config.max_position_embeddings;
  const { max_sequence_length: longest = contextTokens, max_completion_tokens: completionTokens = 0 } =
    config as Partial<Record<string, number>>;
  const maxSequenceLength = Math.min(contextTokens, longest);
  if (type !== 'reinforcement') return { contextTokens, completionTokens: 0, maxSequenceLength };
  return { contextTokens: maxSequenceLength, completionTokens, maxSequenceLength };
}

/** Also where none is to be answered: the grader is run on them. */
const DEFAULT_SAMPLE_ROWS = 8;

async function examine(
  { files }: PreflightDependencies,
  { projectId, wishes, depth }: PreflightSubject,
  prepared: PreparedPhase,
  model: ModelDescription,
): Promise<ExaminedPhase> {
  const { requested, resolved, grader, trainingFile, validationFile } = prepared;
  const checks = {
    phaseType: resolved.type,
    tokenizer: model.tokenizer,
    ...roomOf(resolved, model),
    grader,
    graderPath: requested.paths.grader,
    prefixPath: `${requested.paths.hyperparameters}.prefix_key`,
  };
  const shape = new ItemShape();
  const read = async (file: StoredFile, filePath: string, trained: ExaminedFile | null): Promise<ExaminedFile> => {
    const { body } = await files.content(projectId, file.file.id);
    const sampleRows = grader && trained === null ? wishes?.sample_rows || DEFAULT_SAMPLE_ROWS : 0;
    const options = { sampleRows, training: trained?.conversations ?? null, shape, depth };
    // Answers to validation rows begin where they begin.
    const prefixKey = trained === null ? String(resolved.config['prefix_key'] ?? '') : '';
    return examineFile(file, body, { ...checks, filePath, prefixKey }, options);
  };
  const training = await read(trainingFile, requested.paths.trainingFile, null);
  const validation = validationFile && (await read(validationFile, requested.paths.validationFile, training));
  return { ...prepared, training, validation, shape };
}

async function estimate(
  { runnerClasses, throughput }: PreflightDependencies,
  { projectId, limits, guards }: PreflightSubject,
  model: ModelDescription,
  examined: readonly ExaminedPhase[],
) {
  const dataBytes = bytesRead(examined.flatMap(dataFilesOf));
  const phases = examined.map(({ requested, resolved, training, validation }) => {
    const data = { training: training.data, validation: validation?.data ?? null };
    const work = phaseWork(resolved, model.config, data);
    const { type, algorithm, config } = resolved;
    const shape = { ...work, type, algorithm, config, model: model.config, dataBytes };
    const adapter = Number(resolved.config['lora_rank'] ?? 0) > 0;
    const kind = { model: model.record.name, algorithm: resolved.algorithm, adapter };
    const speedsOn = (runnerClass: string) => throughput.read(projectId, { ...kind, runnerClass });
    return { work, shape, speedsOn, path: requested.paths.hyperparameters };
  });
  const judged = await Promise.all(runnerClasses.map((runner) => judgeClass(phases, runner)));
  const classes = judged.map(({ told }) => told);
  const trainedTokens = sumOf(phases.map(({ work }) => work.tokens));
  const objections: Objections[] = [
    memoryObjections(phases, classes, runnerClasses),
    budgetObjections(limits, classes, trainedTokens),
    firstStepObjections(judged, guards),
    storageObjections(phases, runnerClasses),
  ];
  return { works: phases.map(({ work }) => work), classes, trainedTokens, objections };
}
