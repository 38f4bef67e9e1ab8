/**
 * Whether jobs and runners may be started: read before either is. The operator and the budget each hold on their own. Who
 * cannot tell starts them, so a record that is lost, damaged or out of reach costs money and fails no job.
 */
import {
  CAPACITY_HOLDERS,
  type CapacityHold,
  CapacityHoldRecord,
  type CapacityHolder,
  InvariantError,
  KEYS,
} from '@preheat/contracts';
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

  /** What is in force, of all holders together; null where nobody holds, or nobody can tell. Never throws. */
  async current(): Promise<CapacityHold | null> {
    try {
      const record = (await this.#documents.read(KEYS.hold))?.document;
      const holds = CAPACITY_HOLDERS.map((holder) => this.#inForce(record?.[holder] ?? null));
      return holds.reduce(merged, null);
    } catch (error) {
      this.#deps.log.warn('whether capacity is held cannot be read; jobs and runners are started', { error });
      return null;
    }
  }

  /** Holds capacity for the operator, whatever the operator said before. What the budget holds stays. */
  async set(hold: CapacityHold): Promise<void> {
    await this.#change((record) => ({ ...record, operator: hold }));
  }

  /**
   * Ends the hold of one holder; the other's stays. Of the budget, what was noticed before now holds nothing any more.
   * @returns What was in force of it, null for nothing.
   */
  async lift(holder: CapacityHolder): Promise<CapacityHold | null> {
    let lifted: CapacityHold | null = null;
    await this.#change((record) => {
      lifted = this.#inForce(record[holder]);
      const budgetLiftedAtMs = holder === 'budget' ? this.#deps.clock.nowMs() : record.budgetLiftedAtMs;
      return { ...record, [holder]: null, budgetLiftedAtMs };
    });
    return lifted;
  }

  /**
   * Holds capacity for what the budget noticed at `hold.sinceMs`, unless somebody has lifted the budget's hold since, or it asks for as
   * much already. A notice may come late, and twice.
   * @returns Whether it changed what the budget holds.
   */
  async notice(hold: CapacityHold): Promise<boolean> {
    let isNews = false;
    await this.#change((record) => {
      const held = this.#inForce(record.budget);
      const isUnsettled = this.#inForce(hold) !== null && hold.sinceMs > record.budgetLiftedAtMs;
      isNews = isUnsettled && (held === null || endOf(held) < endOf(hold) || isStricter(hold, held));
      return isNews ? { ...record, budget: merged(held, hold) } : undefined;
    });
    return isNews;
  }

  /** One whose record is damaged is replaced. `change` may be asked several times. */
  async #change(change: (record: CapacityHoldRecord) => CapacityHoldRecord | undefined): Promise<void> {
    await this.#removeDamaged();
    const writeId = this.#documents.nextWriteId();
    await this.#documents.create(KEYS.hold, { ...NOTHING_HELD, writeId });
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

const NOTHING_HELD = { schemaVersion: 1, operator: null, budget: null, budgetLiftedAtMs: 0 } as const;

const endOf = ({ untilMs }: CapacityHold): number => untilMs ?? Infinity;

const isStricter = (hold: CapacityHold, than: CapacityHold): boolean =>
  hold.running === 'checkpoint' && than.running === 'finish';

/** Held since the first and until the last of both, for the reason that lasts; jobs that run are left where either says so. */
function merged(one: CapacityHold | null, other: CapacityHold | null): CapacityHold | null {
  if (one === null || other === null) return one ?? other;
  const lasting = endOf(one) < endOf(other) ? other : one;
  const running = isStricter(other, one) ? other.running : one.running;
  return { ...lasting, sinceMs: Math.min(one.sinceMs, other.sinceMs), running };
}
