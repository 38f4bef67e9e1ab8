/**
 * Speeds of earlier phases, one small document for each kind of job: reading costs one request however many jobs there
 * were. An estimate is all that hangs on it, so a measurement that is lost is no error.
 */
import {
  KEYS,
  MAX_THROUGHPUT_SAMPLES,
  type ThroughputKind,
  ThroughputRecord,
  type ThroughputSample,
} from '@preheat/contracts';
import type { Ids, ObjectStore } from '@preheat/ports';
import { DocumentStore } from './document-store.js';

export class ThroughputLedger {
  readonly #documents: DocumentStore<typeof ThroughputRecord>;

  constructor({ store, ids }: { readonly store: ObjectStore; readonly ids: Ids }) {
    this.#documents = new DocumentStore(store, ThroughputRecord, ids);
  }

  /** Newest first. */
  async read(projectId: string, kind: ThroughputKind): Promise<readonly ThroughputSample[]> {
    return (await this.#documents.read(KEYS.throughput(projectId, kind)))?.document.samples ?? [];
  }

  async add(projectId: string, kind: ThroughputKind, sample: ThroughputSample): Promise<void> {
    const key = KEYS.throughput(projectId, kind);
    const first = { schemaVersion: 1 as const, writeId: this.#documents.nextWriteId(), recentWriteIds: [] };
    const { created } = await this.#documents.create(key, { ...first, samples: [sample] });
    if (created) return;
    await this.#documents.update(key, (record) => {
      const samples = [sample, ...record.samples].slice(0, MAX_THROUGHPUT_SAMPLES);
      return { ...record, samples };
    });
  }
}
