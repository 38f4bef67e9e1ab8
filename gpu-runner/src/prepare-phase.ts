/** Opens what one phase runs on: the weights it starts from, its tokenizer, grader and rollouts, and the recipe's context. */
import { invariant } from '@preheat/contracts';
import { compileGrader, type GraderPool } from '@preheat/graders';
import { DecoderPool } from '@preheat/inference';
import type { LoadedModel } from '@preheat/inference/model-registry';
import type { LeasedJob } from '@preheat/jobs';
import { RUNTIMES } from '@preheat/recipes';
import { advancing } from './advancing.js';
import type { Interruption } from './interruption.js';
import { PeakMemory } from './peak-memory.js';
import { phaseSeed } from './phase-seed.js';
import { phaseStart } from './phase-start.js';
import type { PlannedPhase } from './plan-phases.js';
import type { Position } from './position.js';
import { referenceWeights } from './reference-model.js';
import { DecoderRollouts } from './rollouts.js';
import type { PhaseContext, PhaseRun } from './run-phase.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { readRows } from './training-rows.js';

export interface PreparedPhase {
  readonly run: Omit<PhaseRun, 'loggedStep' | 'history' | 'opened' | 'started' | 'stepped'>;
  close(): Promise<void>;
}

export async function preparePhase(
  deps: RunnerDependencies,
  leased: LeasedJob,
  plan: readonly PlannedPhase[],
  position: Position,
  interruption: Interruption,
): Promise<PreparedPhase> {
  const memory = deps.memory ? new PeakMemory(deps.memory) : null;
  const planned = plan[position.phaseIndex];
  invariant(planned, `the job has no phase ${position.phaseIndex}`);
  const { phase, steps } = planned;
  const start = await phaseStart(deps, leased, planned, position);
  const { record, model, adapted } = start;
  const runtime = (deps.recipes ?? RUNTIMES)[phase.algorithm];
  invariant(runtime, `the recipe ${phase.algorithm} has no runtime`);
  const recipe = phase.advance ? advancing(runtime, phase.advance) : runtime;
  const decoder = phase.type === 'reinforcement' ? await openDecoder(deps, model) : null;
  const validation = phase.validationFile && (await readRows(deps.store, phase.validationFile, phase.type));
  const context: PhaseContext = {
    config: phase.config,
    seed: phaseSeed(leased.job.seed, position.phaseIndex),
    modelConfig: model.config,
    initialWeights: model.tensors,
    referencePolicy: () => referenceWeights(deps, leased, phase, start),
    adapter: adapted?.adapter ?? null,
    tokenizer: model.tokenizer,
    trainingRows: planned.rows,
    validationRows: validation || [],
    executor: deps.executor,
    microBatchTokens: deps.microBatchTokens,
    rollouts: decoder && new DecoderRollouts(decoder),
    grader: graderOf(planned, deps.graders, leased.job.projectId),
    signal: interruption.stopping,
    yielding: interruption.yielding,
    log: deps.log,
    monotonicMs: () => performance.now(),
  };
  return {
    run: {
      deps,
      leased,
      recipe,
      context,
      model,
      base: adapted?.base ?? null,
      phaseStart: record,
      position,
      phaseSteps: steps,
      totalSteps: plan.reduce((sum, each) => sum + each.steps, 0),
      interruption,
      memory,
      checkpointInterval: Number(phase.config['checkpoint_interval'] ?? steps),
    },
    close: async () => {
      await decoder?.close();
    },
  };
}

function openDecoder(deps: RunnerDependencies, { config, tensors }: LoadedModel): Promise<DecoderPool> {
  return DecoderPool.create(config, tensors, {
    workers: deps.rolloutWorkers,
    provider: deps.rolloutProvider ?? 'cpu',
  });
}

function graderOf({ phase }: PlannedPhase, pool: GraderPool, projectId: string): PhaseContext['grader'] {
  if (phase.grader === null) return null;
  const compiled = compileGrader(phase.grader);
  invariant(compiled.ok, 'the API admitted a grader that does not compile');
  const { value } = compiled;
  return {
    compiled: value,
    gradeAll: (samples, signal) => pool.gradeAll(value, samples, { projectId, signal }),
  };
}
