/** What must hold whatever happens. Each property is a file in `properties/`; the catalog below is all of them. */
import type { StoredEvent } from '@preheat/contracts';
import type { FaultPlan } from './world/fault-plan.js';
import type { Commit, LedgerHistory } from './world/ledger-history.js';
import type { Attempt } from './world/sim-client.js';
import type { PlannedJob } from './world/work-plan.js';

export interface Evidence {
  readonly history: LedgerHistory;
  readonly plan: readonly PlannedJob[];
  /** Every request of every user, in the order sent. */
  readonly attempts: readonly Attempt[];
  /** Job ids by index of the plan, once acknowledged. */
  readonly submitted: ReadonlyMap<number, string>;
  readonly faults: FaultPlan;
  /** Whether clocks differ by so much of a lease that live runners are taken for dead: then jobs are safe, but may not get on. */
  readonly areClocksUseless: boolean;
}

/** What is there once faults have stopped and every job has ended. */
export interface FinalEvidence extends Evidence {
  /** The whole log of each job, oldest first. */
  readonly events: ReadonlyMap<string, readonly StoredEvent[]>;
  /** Job ids that the API lists, by project. */
  readonly listed: readonly ReadonlySet<string>[];
}

export interface Property {
  readonly name: string;
  /** Judges a write the moment it takes effect: what is wrong, or undefined. */
  committed?(commit: Commit, evidence: Evidence): string | undefined;
  /** Judges a deletion the moment it takes effect. */
  deleted?(key: string, evidence: Evidence): string | undefined;
  /** Judges everything at the end: each thing that is wrong. */
  ended?(evidence: FinalEvidence): string[];
}
