/** Pieces of the protocol that a test takes away; nothing for a simulation of what ships. */
import type { publishBundle } from '@preheat/checkpoints';
import type { JobPieces } from '@preheat/jobs';

export interface Weakened {
  readonly pieces?: Partial<JobPieces>;
  readonly orphanGraceMs?: number;
  readonly publishBundle?: typeof publishBundle;
}
