/** A job that succeeded has the weights of a run that nothing disturbed, bit for bit, in its model and in its last checkpoint. */
import { decodeSafetensors, freshDecoder, type TensorMap } from '@preheat/checkpoints';
import { type CheckpointRecord, type JobDocument, KEYS, type ModelRecord } from '@preheat/contracts';
import { baseConfig } from '@preheat/inference/stored-models';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { TINY_MODELS } from '../../../functions/src/test-kit/tiny-models.js';
import { phaseSeed } from '../../../gpu-runner/src/phase-seed.js';
import type { Property } from '../property.js';
import type { LedgerHistory } from '../world/ledger-history.js';
import { stepsOf, straightRun } from '../world/light-recipe.js';

export const weightsAreThoseOfTheStraightRun: Property = {
  name: 'weights are those of the straight run',

  ended({ history }) {
    return [...history.jobs.keys()].flatMap((jobId) => {
      const job = history.latest(jobId);
      if (job?.state !== 'succeeded') return [];
      const expected = expectedWeights(history, job, job.resume);
      const prefixes = [job.resume?.prefix ?? '', prefixOfModel(history, job)];
      return prefixes.filter((prefix) => !hasWeights(history, prefix, expected)).map((prefix) => `${prefix} differs`);
    });
  },
};

type Place = Pick<CheckpointRecord, 'phaseIndex' | 'phaseStep'>;

/** Both tiny ones have the same: only what they are called by differs. */
let base: TensorMap | undefined;

function baseWeights(): TensorMap {
  const [model] = TINY_MODELS;
  if (!model) throw new Error('there is no base model');
  base ??= freshDecoder(baseConfig(model, loadTokenizer(letterToSoundTokenizer())), model.seed);
  return base;
}

/** Of the whole pipeline, of the part that the job's budget allowed, or up to a checkpoint that another job started from. */
function expectedWeights(history: LedgerHistory, job: JobDocument, upTo: Place | null): TensorMap {
  const { phaseIndex = 0, phaseStep = 0 } = upTo ?? {};
  const trainingRows = rowsOf(history, job);
  let initialWeights = startWeights(history, job);
  for (const [index, { config }] of job.phases.slice(0, phaseIndex + 1).entries()) {
    const context = { seed: phaseSeed(job.seed, index), config, trainingRows, initialWeights };
    initialWeights = straightRun(context, index === phaseIndex ? phaseStep : undefined);
  }
  return initialWeights;
}

/**
 * A fork starts from a checkpoint that its job may have forgotten by now, or never heard of: the name is published first, and the
 * runner may die before it tells the job.
 */
function startWeights(history: LedgerHistory, { startsFrom }: JobDocument): TensorMap {
  if (!startsFrom?.jobId) return baseWeights();
  const versions = history.jobs.get(startsFrom.jobId) ?? [];
  for (const { job } of versions) {
    const from = job.checkpoints.find(({ prefix }) => prefix === startsFrom.prefix);
    if (from) return expectedWeights(history, job, from);
  }
  const job = versions[0]?.job;
  const place = job && placeOf(history, job, Number(/step-(\d+)$/.exec(startsFrom.prefix)?.[1]));
  if (!place) throw new Error(`${startsFrom.name} is no step of its job`);
  return expectedWeights(history, job, place);
}

function placeOf(history: LedgerHistory, job: JobDocument, step: number): Place | undefined {
  const trainingRows = rowsOf(history, job);
  let before = 0;
  for (const [phaseIndex, { config }] of job.phases.entries()) {
    const steps = stepsOf({ config, trainingRows });
    if (step > before && step <= before + steps) return { phaseIndex, phaseStep: step - before };
    before += steps;
  }
  return undefined;
}

function rowsOf({ objects }: LedgerHistory, { trainingFile }: JobDocument): never[] {
  const lines = new TextDecoder().decode(objects.get(KEYS.fileContent(trainingFile))?.body).split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as never);
}

function prefixOfModel({ objects }: LedgerHistory, { projectId, fineTunedModel }: JobDocument): string {
  const record = objects.get(KEYS.model(projectId, fineTunedModel ?? ''));
  return record ? (JSON.parse(new TextDecoder().decode(record.body)) as ModelRecord).prefix : 'no model';
}

function hasWeights({ objects }: LedgerHistory, prefix: string, expected: TensorMap): boolean {
  const stored = objects.get(`${prefix}/model.safetensors`);
  if (!stored) return false;
  const { tensors } = decodeSafetensors(stored.body);
  return [...expected].every(([name, { data }]) => {
    const other = tensors.get(name)?.data;
    return other?.length === data.length && data.every((value, i) => Object.is(value, other[i]));
  });
}
