/** What a job reads that is not its own: marked as used before the job exists, so that nothing of it is deleted meanwhile. */
import { bundlesOf, KEYS, type ModelRecord, type Publication, type ResolvedPhase } from '@preheat/contracts';
import type { ModelRegistry } from '@preheat/inference/model-registry';
import { modelsNamedIn } from '@preheat/jobs';
import { isStorable } from '../serving/find-model.js';

export interface JobSources {
  readonly start: ModelRecord;
  readonly phases: readonly ResolvedPhase[];
  /** Of the request itself; phases may name others. */
  readonly files: readonly (string | null)[];
  readonly publication?: Publication;
}

/** Targets of marks (`KEYS.users`): data files, the bundles of the model it starts from, those of its judges. */
export async function jobUses(models: ModelRegistry, projectId: string, sources: JobSources): Promise<string[]> {
  const { start, phases, files, publication } = sources;
  const gateSource = publication?.gate?.data_source.source;
  const gateFile = gateSource?.type === 'file_id' ? [gateSource.id] : [];
  const phaseFiles = phases.flatMap(({ trainingFile, validationFile }) => [trainingFile, validationFile]);
  const read = [...files, ...phaseFiles, ...gateFile].flatMap((id) => (id === null ? [] : [KEYS.fileFolder(id)]));
  const judges = modelsNamedIn(phases.map(({ grader }) => grader)).filter(isStorable);
  const records = await Promise.all([...new Set(judges)].map((name) => models.find(projectId, name)));
  const bundles = [start, ...records].flatMap((record) => (record ? bundlesOf(record) : []));
  return [...new Set([...read, ...bundles])];
}
