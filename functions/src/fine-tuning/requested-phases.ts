/**
 * The phases a request asks for, whichever way it says so: OpenAI's `method` (one phase), the deprecated top-level
 * `hyperparameters`, or the extension `pipeline`. Each phase remembers where its fields stood, for precise errors.
 */
import {
  type AdvanceCondition,
  ApiError,
  type GraderSpec,
  type Method,
  type PhaseType,
  type ResolvedPhase,
} from '@preheat/contracts';
import { DEFAULT_RECIPES } from '@preheat/recipes/catalog';
import { invalidRequest } from '../validation/validator-compiler.js';
import type { CreateJobRequest } from './job-request.js';

export interface RequestedPhase {
  readonly type: PhaseType;
  readonly algorithm: string;
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly grader: GraderSpec | null;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly advance?: AdvanceCondition | undefined;
  readonly reference?: ResolvedPhase['reference'] | undefined;
  /** Dotted paths of the fields in the request. */
  readonly paths: Readonly<Record<'trainingFile' | 'validationFile' | 'grader' | 'hyperparameters' | 'phase', string>>;
}

/** @throws ApiError `invalid_request` when the parts of the request contradict each other. */
export function requestedPhases(request: CreateJobRequest): RequestedPhase[] {
  if (request.pipeline === undefined) return [singlePhase(request)];
  assertMethodOnlyNames(request);
  return request.pipeline.map((phase, index) => ({
    type: phase.type,
    algorithm: phase.algorithm ?? DEFAULT_RECIPES[phase.type],
    trainingFile: phase.training_file ?? request.training_file,
    validationFile: phase.validation_file === undefined ? (request.validation_file ?? null) : phase.validation_file,
    grader: phase.grader ?? null,
    hyperparameters: phase.hyperparameters ?? {},
    advance: phase.advance,
    reference: phase.reference,
    paths: {
      trainingFile: phase.training_file === undefined ? 'training_file' : `pipeline.${index}.training_file`,
      validationFile: phase.validation_file === undefined ? 'validation_file' : `pipeline.${index}.validation_file`,
      grader: `pipeline.${index}.grader`,
      hyperparameters: `pipeline.${index}.hyperparameters`,
      phase: `pipeline.${index}`,
    },
  }));
}

/** What OpenAI calls the methods, in types of phases. */
const PHASE_OF = {
  supervised: 'supervised',
  dpo: 'preference',
  reinforcement: 'reinforcement',
} as const satisfies Record<Method['type'], PhaseType>;

function singlePhase(request: CreateJobRequest): RequestedPhase {
  const method: Method = request.method ?? { type: 'supervised' };
  const type = PHASE_OF[method.type];
  const stated = method[method.type];
  if (type === 'reinforcement' && stated === undefined) {
    throw invalidRequest({ path: 'method.reinforcement', message: 'is required for this type' });
  }
  const isDeprecatedForm = stated?.hyperparameters === undefined && request.hyperparameters !== undefined;
  return {
    type,
    algorithm: method.reinforcement?.algorithm ?? DEFAULT_RECIPES[type],
    trainingFile: request.training_file,
    validationFile: request.validation_file ?? null,
    grader: type === 'reinforcement' ? (method.reinforcement?.grader ?? null) : null,
    hyperparameters: withoutEffort((isDeprecatedForm ? request.hyperparameters : stated?.hyperparameters) ?? {}),
    paths: {
      trainingFile: 'training_file',
      validationFile: 'validation_file',
      grader: 'method.reinforcement.grader',
      hyperparameters: isDeprecatedForm ? 'hyperparameters' : `method.${method.type}.hyperparameters`,
      phase: `method.${method.type}`,
    },
  };
}

/** Only its default passes the checks before, and no recipe knows it. */
function withoutEffort(hyperparameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { reasoning_effort: _, ...rest } = hyperparameters;
  return rest;
}

/** Beside a pipeline, `method` may name the type of its phases, as typed clients like to; everything else is theirs. */
function assertMethodOnlyNames({ method, pipeline, hyperparameters }: CreateJobRequest): void {
  if (hyperparameters !== undefined && Object.keys(hyperparameters).length > 0) {
    throw contradiction('hyperparameters');
  }
  if (method === undefined) return;
  const isKnown = pipeline?.some((phase) => phase.type === PHASE_OF[method.type]);
  const saysMore = [method.supervised, method.dpo, method.reinforcement].some((part) => part !== undefined);
  if (!isKnown || saysMore) throw contradiction('method');
}

function contradiction(param: string): ApiError {
  const message = `'${param}' and 'pipeline' both say what to run. State it in the phases of the pipeline only.`;
  return new ApiError('invalid_request', message, { param });
}
