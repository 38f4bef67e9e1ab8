/**
 * The pieces of the job machine that its safety rests on. Production never chooses: the simulation takes one away at a
 * time, to prove that it would notice.
 */
import { type IdempotencyLedger } from './idempotency.js';
import { carriesWrite } from './document-store.js';
import { isHeldBy } from './lease.js';
import type { Use } from './use-marks.js';

export interface JobPieces {
  /** The fence: whether a runner's lease still holds the document it is about to change. */
  readonly isHeldBy: typeof isHeldBy;
  /** The read-back: whether a document carries a write whose answer was lost. */
  readonly carriesWrite: typeof carriesWrite;
  /** The idempotency check: which job a create request is for. */
  readonly reserve: (
    ledger: IdempotencyLedger,
    ...args: Parameters<IdempotencyLedger['reserve']>
  ) => ReturnType<IdempotencyLedger['reserve']>;
  /** Whether what is used by these is kept by the collector. */
  readonly isUsed: (uses: readonly Use[]) => boolean;
}

export const JOB_PIECES: JobPieces = {
  isHeldBy,
  carriesWrite,
  reserve: (ledger, identity) => ledger.reserve(identity),
  isUsed: (uses) => uses.length > 0,
};
