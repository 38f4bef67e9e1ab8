/**
 * Nothing refers to what is not there yet: a manifest follows its blobs, a model name and a job's pointer follow a whole
 * bundle whose bytes have the hashes it lists, an event log lists stored segments. A runner that was suspended for longer than the
 * collector's grace period may, with the one write that was under way, refer to what is gone, but in nothing that anybody goes by:
 * its job has been taken from it, and does not know of it.
 */
import { sha256Hex } from '@preheat/checkpoints';
import type { BundleManifest, ModelRecord } from '@preheat/contracts';
import type { Commit, LedgerHistory } from '../world/ledger-history.js';
import type { Evidence, Property } from '../property.js';

export const referencesAreComplete: Property = {
  name: 'no checkpoint is referenced before it is complete and verified',

  committed(commit, evidence) {
    const { history } = evidence;
    if (commit.key.endsWith('/manifest.json')) {
      const prefix = commit.key.slice(0, -14);
      return isOfLostRunner(evidence, prefix) ? undefined : brokenBundle(history, prefix);
    }
    if (commit.key.startsWith('models/')) {
      const record = JSON.parse(new TextDecoder().decode(commit.body)) as ModelRecord;
      return isOfLostRunner(evidence, record.prefix, record) ? undefined : brokenModel(history, record);
    }
    return commit.versions && brokenReference(commit, history);
  },

  ended({ history }) {
    const wrong = [...history.jobs.keys()].flatMap((jobId) => {
      const job = history.latest(jobId);
      const broken = (job?.checkpoints ?? []).flatMap(({ prefix }) => brokenBundle(history, prefix) ?? []);
      const unnamed = (job?.checkpoints ?? []).filter(({ model }) => !isNamed(history, job?.projectId ?? '', model));
      return [...broken, ...unnamed.map(({ model }) => `${model} is listed as a checkpoint and is no model`)];
    });
    return [...wrong, ...brokenModels(history)];
  },
};

function brokenModels(history: LedgerHistory): string[] {
  const keys = [...history.objects.keys()].filter((key) => key.startsWith('models/'));
  return keys.flatMap((key) => {
    const record = JSON.parse(new TextDecoder().decode(history.objects.get(key)?.body)) as ModelRecord;
    return (record.gone ? undefined : brokenModel(history, record)) ?? [];
  });
}

function brokenModel(history: LedgerHistory, { name, prefix }: ModelRecord): string | undefined {
  const broken = brokenBundle(history, prefix);
  return broken && `the model ${name} refers to a broken bundle: ${broken}`;
}

/** Whether a bundle, or the name of one, is that of a suspended runner whose job is not its own any more and knows neither. */
function isOfLostRunner({ history, faults }: Evidence, prefix: string, model?: ModelRecord): boolean {
  const [, jobId = '', , epoch] = prefix.split('/');
  const job = history.latest(jobId);
  if (faults.runner.suspend === undefined || !job || job.lease?.epoch === Number(epoch)) return false;
  const isKnown = job.checkpoints.some((one) => one.prefix === prefix || one.model === model?.name);
  return !isKnown && (model === undefined || job.fineTunedModel !== model.name);
}

/** What the newest version of a job refers to and the one before did not. */
function brokenReference({ versions }: Commit, history: LedgerHistory): string | undefined {
  const [before, now] = (versions?.length ?? 0) > 1 ? (versions?.slice(-2) ?? []) : [undefined, versions?.at(-1)];
  const known = new Set(before?.job.checkpoints.map(({ prefix }) => prefix));
  for (const { prefix } of now?.job.checkpoints ?? []) {
    const broken = known.has(prefix) ? undefined : brokenBundle(history, prefix);
    if (broken) return `${now?.job.id} points to a broken checkpoint: ${broken}`;
  }
  const missing = now?.job.events.find(({ key }) => !history.objects.has(key));
  return missing && `${now?.job.id} lists the segment ${missing.key}, which is not there`;
}

function brokenBundle({ objects }: LedgerHistory, prefix: string): string | undefined {
  const manifest = objects.get(`${prefix}/manifest.json`);
  if (!manifest) return `${prefix} has no manifest`;
  const { blobs } = JSON.parse(new TextDecoder().decode(manifest.body)) as BundleManifest;
  for (const { name, sha256 } of blobs) {
    const blob = objects.get(`${prefix}/${name}`);
    if (!blob) return `${prefix}/${name} is missing`;
    if (digestOf(blob.body) !== sha256) return `${prefix}/${name} has other bytes`;
  }
  return undefined;
}

/** Bytes in the history never change, and are looked at for every reference to them. */
const digests = new WeakMap<Uint8Array, string>();

function digestOf(body: Uint8Array): string {
  const digest = digests.get(body) ?? sha256Hex(body);
  digests.set(body, digest);
  return digest;
}

function isNamed({ objects }: LedgerHistory, projectId: string, model: string): boolean {
  return objects.has(`models/${projectId}/${encodeURIComponent(model)}.json`);
}
