/**
 * No bundle is deleted that a job under way starts from, resumes from or was promised, nor one that a name stands for: whoever
 * deletes it, and whenever.
 */
import { bundlesOf, type ModelRecord, TERMINAL_STATES } from '@preheat/contracts';
import type { Property } from '../property.js';
import type { LedgerHistory } from '../world/ledger-history.js';

export const whatIsReferencedStays: Property = {
  name: 'what is referenced stays',

  deleted(key, { history }) {
    if (!key.startsWith('jobs/') || !key.includes('/attempts/')) return undefined;
    const prefix = key.slice(0, key.lastIndexOf('/'));
    const by = holderOf(history, prefix);
    return by && `${key} was deleted, and ${by} refers to it`;
  },
};

function holderOf(history: LedgerHistory, prefix: string): string | undefined {
  for (const jobId of history.jobs.keys()) {
    const job = history.latest(jobId);
    if (!job || TERMINAL_STATES.has(job.state)) continue;
    const start = job.startsFrom ? bundlesOf(job.startsFrom) : [];
    if (job.resume?.prefix === prefix || start.includes(prefix)) return jobId;
    if (job.checkpoints.some((checkpoint) => checkpoint.endsPhase && checkpoint.prefix === prefix)) return jobId;
  }
  for (const [key, { body }] of history.objects) {
    if (!key.startsWith('models/')) continue;
    const record = JSON.parse(new TextDecoder().decode(body)) as ModelRecord;
    if (!record.gone && bundlesOf(record).includes(prefix)) return `the model ${record.name}`;
  }
  return undefined;
}
