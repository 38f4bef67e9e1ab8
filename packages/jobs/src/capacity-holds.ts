/**
 * Whether jobs and runners may be started: read before either is. Who cannot tell starts them, so a record that is lost, damaged or out of
 * reach costs money and fails no job.
 */
import { type CapacityHold, CapacityHoldRecord, InvariantError, KEYS } from '@preheat/contracts';
import type { Clock, Ids, Log, ObjectStore } from '@preheat/ports';
import { DocumentStore } from './document-store.js';

export interface CapacityHoldDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export class CapacityHolds {
  readonly #deps: CapacityHoldDependencies;
  readonly #documents: DocumentStore<typeof CapacityHoldRecord>;

  constructor(deps: CapacityHoldDependencies) {
    this.#deps = deps;
    this.#documents = new DocumentStore(deps.store, CapacityHoldRecord, deps.ids);
  }

  /** The one that is in force; null where there is none, or nobody can tell. Never throws. */
  async current(): Promise<CapacityHold | null> {
    try {
      return this.#inForce((await this.#documents.read(KEYS.hold))?.document.hold ?? null);
    } catch (error) {
      this.#deps.log.warn('whether capacity is held cannot be read; jobs and runners are started', { error });
      return null;
    }
  }

  /** Holds capacity, whatever held it before. */
  async set(hold: CapacityHold): Promise<void> {
    await this.#change((record) => ({ ...record, hold }));
  }

  /** What was noticed before now holds nothing any more. @returns What was in force, null for nothing. */
  async lift(): Promise<CapacityHold | null> {
    let lifted: CapacityHold | null = null;
    await this.#change((record) => {
      lifted = this.#inForce(record.hold);
      return { ...record, hold: null, liftedAtMs: this.#deps.clock.nowMs() };
    });
    return lifted;
  }

  /**
   * Holds capacity for what was noticed at `hold.sinceMs`, unless somebody has lifted a hold since, or one that is in force ends no sooner.
   * A notice may come late, and twice.
   * @returns Whether it holds.
   */
  async notice(hold: CapacityHold): Promise<boolean> {
    let isSet = false;
    await this.#change((record) => {
      const held = this.#inForce(record.hold);
      isSet =
        this.#inForce(hold) !== null &&
        hold.sinceMs > record.liftedAtMs &&
        (held === null || endOf(held) < endOf(hold));
      return isSet ? { ...record, hold } : undefined;
    });
    return isSet;
  }

  /** One whose record is damaged is replaced. `change` may be asked several times. */
  async #change(change: (record: CapacityHoldRecord) => CapacityHoldRecord | undefined): Promise<void> {
    await this.#removeDamaged();
    const writeId = this.#documents.nextWriteId();
    await this.#documents.create(KEYS.hold, { schemaVersion: 1, writeId, hold: null, liftedAtMs: 0 });
    await this.#documents.update(KEYS.hold, change);
  }

  async #removeDamaged(): Promise<void> {
    try {
      await this.#documents.read(KEYS.hold);
    } catch (error) {
      if (!(error instanceof InvariantError || error instanceof SyntaxError)) throw error;
      this.#deps.log.warn('the record of a hold of capacity is damaged and begun anew', { error });
      await this.#deps.store.delete(KEYS.hold);
    }
  }

  #inForce(hold: CapacityHold | null): CapacityHold | null {
    return hold !== null && this.#deps.clock.nowMs() < endOf(hold) ? hold : null;
  }
}

const endOf = ({ untilMs }: CapacityHold): number => untilMs ?? Infinity;
