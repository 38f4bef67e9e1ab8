/** The dry run of one phase: which model could be asked, and what its answers earn. Supervised phases have none. */
import type { ApiError, PreflightRequest, PreflightRewards } from '@preheat/contracts';
import { type CompiledGrader, withoutJudges } from '@preheat/graders';
import type { ModelDescription } from '@preheat/inference/model-registry';
import type { OpenGraders } from '../../dependencies.js';
import type { ExaminedFile, SampledRow } from '../data/examine-file.js';
import type { Objections } from '../estimate/objections.js';
import type { PreparedPhase } from '../prepare-phases.js';
import { dryRunGrader, type DryRun, type DryRunOptions, unrunGrader } from './dry-run-grader.js';
import { type Sampled, sampleCompletions, type SamplingDependencies } from './sample-completions.js';

export interface RewardCheck {
  readonly rewards: PreflightRewards;
  readonly refusals: readonly ApiError[];
  readonly objections: Objections;
}

export interface DryRunDependencies extends SamplingDependencies {
  readonly openGraders: OpenGraders;
}

export interface DryRunSubject {
  readonly projectId: string;
  readonly model: ModelDescription;
  readonly seed: number;
  readonly wishes: PreflightRequest | null;
  /** Of the phase in the pipeline. */
  readonly index: number;
}

const COMPLETIONS_PER_ROW = 4;

export async function dryRunPhase(
  deps: DryRunDependencies,
  subject: DryRunSubject,
  { grader, resolved, requested, training }: PreparedPhase & { readonly training: ExaminedFile },
): Promise<RewardCheck | null> {
  const { samples } = training;
  if (!grader) return null;
  const completionsPerRow = subject.wishes?.completions_per_row ?? COMPLETIONS_PER_ROW;
  const sampled = await answers(deps, subject, resolved.config, samples, completionsPerRow);
  const path = requested.paths.grader;
  const pool = await deps.openGraders();
  const turns = turnsOf(resolved.config);
  const options = { pool, clock: deps.clock, projectId: subject.projectId, path, completionsPerRow, turns };
  const { rewards, refusals, objections, warnings } = await dryRun(deps, grader, samples, sampled, options);
  return { rewards, refusals, objections: { refusals: objections, warnings } };
}

/** The parts of the grader that training compares completions by, in turn; undefined stands for the whole of it. */
function turnsOf({ reward_schedule: schedule }: Readonly<Record<string, unknown>>): (string | undefined)[] {
  const turns = Array.isArray(schedule) ? (schedule as readonly { readonly part?: string }[]) : [];
  return turns.length === 0 ? [undefined] : [...new Set(turns.map(({ part }) => part))];
}

/** Where no model can be opened, graders that ask one are left out: that they fail there says nothing of them. */
async function dryRun(
  { decoders }: DryRunDependencies,
  grader: CompiledGrader,
  samples: readonly SampledRow[],
  sampled: Sampled,
  options: DryRunOptions,
): Promise<DryRun> {
  const runnable = withoutJudges(grader);
  if (sampled.ok || runnable === grader || (await decoders.hasRuntime())) {
    return dryRunGrader(grader, samples, sampled, options);
  }
  const reason = `${sampled.reason}; graders that ask a model were not run, as this process can open none`;
  return runnable ? dryRunGrader(runnable, samples, { ok: false, reason }, options) : unrunGrader(reason);
}

async function answers(
  deps: DryRunDependencies,
  { model, seed, index, wishes }: DryRunSubject,
  config: Readonly<Record<string, unknown>>,
  samples: readonly SampledRow[],
  completionsPerRow: number,
): Promise<Sampled> {
  if (index > 0) {
    return { ok: false, reason: 'the phase starts from what the phases before it will have learnt' };
  }
  if (wishes?.sample_rows === 0)
    return { ok: false, reason: 'the request asks for no samples (preflight.sample_rows is 0)' };
  if (samples.length === 0) return { ok: false, reason: 'no row could be sampled' };
  const context = model.config.max_position_embeddings;
  return sampleCompletions(deps, model, {
    rows: samples,
    completionsPerRow,
    maxCompletionTokens: Number(config['max_completion_tokens'] ?? context),
    maxSequenceLength: Number(config['max_sequence_length'] ?? context),
    temperature: Number(config['temperature'] ?? 1),
    seed,
  });
}
