/**
 * The result files of a job that is about to succeed: the metrics of each phase as CSV, made of the log alone. Ids follow from
 * the last checkpoint of the phase, which every attempt that comes this far has in common: a repetition writes the same files.
 */
import { createHash } from 'node:crypto';
import { type CheckpointRecord, encodeStored, type JobDocument, KEYS, type StoredFile } from '@preheat/contracts';
import type { JobStore } from '@preheat/jobs';
import { type ObjectStore, putIdempotent } from '@preheat/ports';
import { metricsCsv } from './metrics-csv.js';

const EVENTS_PER_READ = 4096;

/** In the order of the phases. @returns the ids of the files. */
export async function writeResultFiles(
  { store, jobs }: { store: ObjectStore; jobs: JobStore },
  job: JobDocument,
): Promise<string[]> {
  const metrics = await metricsByPhase(jobs, job);
  const ids: string[] = [];
  for (const [index, phase] of job.phases.entries()) {
    const last = job.checkpoints.findLast(({ phaseIndex }) => phaseIndex === index);
    if (!last) continue;
    const filename = job.phases.length === 1 ? 'step_metrics.csv' : `step_metrics_phase_${index}.csv`;
    ids.push(await writeFile(store, job, last, filename, metricsCsv(phase.type, metrics.get(index) ?? [])));
  }
  return ids;
}

type Data = Readonly<Record<string, unknown>>;

async function metricsByPhase(jobs: JobStore, job: JobDocument): Promise<Map<number, Data[]>> {
  const byPhase = new Map<number, Data[]>();
  for (let from = 0; from < job.nextSequence; from += EVENTS_PER_READ) {
    for (const { type, data } of await jobs.eventsSince(job, from, EVENTS_PER_READ)) {
      if (type !== 'metrics' || data === null) continue;
      const phase = Number(data['phase'] ?? 0);
      const own = byPhase.get(phase);
      if (own) own.push(data);
      else byPhase.set(phase, [data]);
    }
  }
  return byPhase;
}

/** Content first, then the record that makes it real, then the index entry that lists it; a mark leads the collector to a half of it. */
async function writeFile(
  store: ObjectStore,
  { id: jobId, projectId }: JobDocument,
  last: CheckpointRecord,
  filename: string,
  text: string,
): Promise<string> {
  const content = new TextEncoder().encode(text);
  const { createdAtMs } = last;
  const id = fileId(createdAtMs, `${jobId} ${last.id}`);
  const document: StoredFile = {
    schemaVersion: 1,
    projectId,
    lines: null,
    sha256: createHash('sha256').update(content).digest('hex'),
    file: {
      id,
      object: 'file',
      bytes: content.byteLength,
      created_at: Math.floor(createdAtMs / 1000),
      filename,
      purpose: 'fine-tune-results',
      status: 'processed',
    },
  };
  await putIdempotent(store, KEYS.unfinishedFile(id), new TextEncoder().encode(projectId));
  await putIdempotent(store, KEYS.fileContent(id), content, 'text/csv');
  await putIdempotent(store, KEYS.file(id), encodeStored(document), 'application/json');
  await putIdempotent(store, KEYS.fileIndexEntry(projectId, createdAtMs, id), new Uint8Array());
  await store.delete(KEYS.unfinishedFile(id));
  return id;
}

/** Ids of files begin with nine digits of their time, base 36, so that their place in the index follows from the id alone. */
function fileId(createdAtMs: number, from: string): string {
  const unique = createHash('sha256').update(from).digest('hex').slice(0, 24);
  return `file-${createdAtMs.toString(36).padStart(9, '0')}${unique}`;
}
